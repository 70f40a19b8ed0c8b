package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"lastgood/infra/local/runtime"
)

// measure runs the contenders in turns, so that whatever else the machine does
// befalls both.
func measure(ctx context.Context, s settings, stub *stub, contenders ...*contender) error {
	for round := range s.cold + 1 {
		for _, c := range contenders {
			instance, tail := c.start()
			result, err := c.invoke(ctx, stub, instance, tail)
			instance.Close()
			if err != nil {
				return err
			}
			if round == 0 {
				continue // not counted: it fills the disk cache, and Python compiles its modules
			}
			c.cold = append(c.cold, result.Init+result.Duration)
			c.peak = append(c.peak, instance.PeakMemory())
		}
	}
	instances, tails := make([]*runtime.Instance, len(contenders)), make([]*[]string, len(contenders))
	for i, c := range contenders {
		instances[i], tails[i] = c.start()
		defer instances[i].Close()
	}
	for round := range s.warm + 1 {
		for i, c := range contenders {
			result, err := c.invoke(ctx, stub, instances[i], tails[i])
			if err != nil {
				return err
			}
			if round > 0 { // the first one is cold
				c.warm = append(c.warm, result.Duration)
			}
		}
	}
	for i, c := range contenders {
		instances[i].Close()
		c.warmPeak = instances[i].PeakMemory()
	}
	return nil
}

// start makes an instance, and a place for the lines it writes.
func (c *contender) start() (*runtime.Instance, *[]string) {
	lines := new([]string)
	f := c.function
	f.Region, f.MemoryMB, f.Timeout = region, 256, time.Minute
	f.Log = func(line string) { *lines = append(*lines, line) }
	return runtime.New(f), lines
}

// invoke runs the function once. An invocation that did not write the image's
// id to the parameter is an error: then there is nothing to compare.
func (c *contender) invoke(ctx context.Context, stub *stub, instance *runtime.Instance, lines *[]string) (runtime.Result, error) {
	*lines = nil
	stub.reset()
	result, err := instance.Invoke(ctx, c.payload)
	if err == nil && result.Error != nil {
		err = result.Error
	}
	calls, written := stub.seen()
	if err == nil && written != newImage {
		err = fmt.Errorf("it wrote %q to the parameter, not %q", written, newImage)
	}
	if err != nil {
		return result, fmt.Errorf("invoking %s: %w\n%s", c.name, err, strings.Join(*lines, "\n"))
	}
	c.calls = calls
	return result, nil
}
