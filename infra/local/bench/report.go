package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// The targets.
const (
	coldRatio   = 12.0      // at least so many times faster
	memoryRatio = 3.0       // at least so many times less, for a cold start
	zipLimit    = 5_000_000 // bytes
)

// report prints the comparison, and tells whether all targets are met.
func report(w io.Writer, s settings, ours, recipe *contender) bool {
	cold := ratio(median(recipe.cold), median(ours.cold))
	memory := ratio(median(recipe.peak), median(ours.peak))
	met := cold >= coldRatio && memory >= memoryRatio && ours.zip <= zipLimit

	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	row := func(what string, ours, recipe any, rest ...string) {
		fmt.Fprintf(t, "%s\t%v\t%v\t%s\n", what, ours, recipe, strings.Join(rest, "\t"))
	}
	row("", ours.name, recipe.name, "ratio", "target")
	row(fmt.Sprintf("cold start, exec to first response, median of %d", s.cold), ms(ours.cold), ms(recipe.cold),
		times(cold), "≥ "+times(coldRatio), verdict(cold >= coldRatio))
	row(fmt.Sprintf("warm invocation, median of %d", s.warm), ms(ours.warm), ms(recipe.warm),
		times(ratio(median(recipe.warm), median(ours.warm))))
	row("peak memory (max RSS) of a cold start, median", mib(median(ours.peak)), mib(median(recipe.peak)),
		times(memory), "≥ "+times(memoryRatio), verdict(memory >= memoryRatio))
	row(fmt.Sprintf("peak memory after %d warm invocations", s.warm), mib(ours.warmPeak), mib(recipe.warmPeak),
		times(ratio(recipe.warmPeak, ours.warmPeak)))
	row("deployment package, zipped", size(ours.zip), size(recipe.zip), "", "≤ "+size(zipLimit), verdict(ours.zip <= zipLimit))
	row("the same with the AWS libraries it runs with", size(ours.whole), size(recipe.whole))
	row("AWS calls in one invocation", ours.calls, recipe.calls)
	t.Flush()
	fmt.Fprint(w, `
The recipe's package is its handler alone, because Lambda's Python runtimes bring
boto3; pinning boto3 means vendoring it, which is the line below. AWS calls are
answered at once by a stub: what a call takes on AWS comes on top, for each.
`)
	return met
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "MISSED"
}

func ratio[T ~int64](theirs, ours T) float64 { return float64(theirs) / float64(ours) }

// median needs at least one value.
func median[T ~int64](values []T) T {
	values = slices.Sorted(slices.Values(values))
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

func times(x float64) string { return fmt.Sprintf("%.1f×", x) }

func ms(d []time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(median(d))/float64(time.Millisecond))
}

func mib(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

func size(bytes int64) string {
	if bytes < 100_000 {
		return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%.2f MB", float64(bytes)/1e6)
}
