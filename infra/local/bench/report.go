package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// The targets.
const (
	coldRatio   = 12.0      // at least so many times faster
	memoryRatio = 3.0       // at least so many times less
	zipLimit    = 5_000_000 // bytes
)

// report prints the comparison, and tells whether all targets are met.
func report(w io.Writer, s settings, ours, recipe *contender) bool {
	cold := float64(median(recipe.cold)) / float64(median(ours.cold))
	warm := float64(median(recipe.warm)) / float64(median(ours.warm))
	memory := float64(recipe.peak) / float64(ours.peak)

	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(t, "\t%s\t%s\tratio\ttarget\t\n", ours.name, recipe.name)
	fmt.Fprintf(t, "cold: exec to first response, median of %d\t%s\t%s\t%.1f\t≥ %.0f\t%s\n", s.cold, ms(ours.cold), ms(recipe.cold), cold, coldRatio, verdict(cold >= coldRatio))
	fmt.Fprintf(t, "warm invocation, median of %d\t%s\t%s\t%.1f\t\t\n", s.warm, ms(ours.warm), ms(recipe.warm), warm)
	fmt.Fprintf(t, "peak memory (max RSS)\t%s\t%s\t%.1f\t≥ %.0f\t%s\n", mib(ours.peak), mib(recipe.peak), memory, memoryRatio, verdict(memory >= memoryRatio))
	fmt.Fprintf(t, "deployment package, zipped\t%s\t%s\t\t≤ %s\t%s\n", mb(ours.zip), mb(recipe.zip), mb(zipLimit), verdict(ours.zip <= zipLimit))
	fmt.Fprintf(t, "the same with the libraries it runs with\t%s\t%s\t\t\t\n", mb(ours.whole), mb(recipe.whole))
	fmt.Fprintf(t, "AWS calls in one invocation\t%d\t%d\t\t\t\n", ours.calls, recipe.calls)
	t.Flush()
	fmt.Fprint(w, "\nThe recipe's package is its handler alone, because Lambda's Python runtimes bring boto3;\n"+
		"pinning boto3 means vendoring it, which is the line below. AWS calls are answered at once by a stub:\n"+
		"what a call takes on AWS comes on top, for each of them.\n")
	return cold >= coldRatio && memory >= memoryRatio && ours.zip <= zipLimit
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "MISSED"
}

// median needs at least one value.
func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return (d[(len(d)-1)/2] + d[len(d)/2]) / 2
}

func ms(d []time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(median(d))/float64(time.Millisecond))
}

func mib(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

func mb(bytes int64) string { return fmt.Sprintf("%.3f MB", float64(bytes)/1e6) }
