package functions_test

import (
	"fmt"
	"testing"
	"time"

	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

// life is what happens to one image, in this order, and the event that tells of each step.
type life []struct {
	happens func(a account)
	told    notice
}

// original is the life of an image in Tokyo: made, available, and perhaps gone again.
func original(n int, gone bool) life {
	l := life{
		{func(a account) { a.Create(tokyo, ami(n), web, t0.Add(time.Duration(n)*time.Minute)) }, created(ami(n), web, t0)},
		{func(a account) { a.SetState(tokyo, ami(n), "available") }, became(tokyo, ami(n), recovery.Available, t0)},
	}
	if gone {
		l = append(l, life{{func(a account) { a.Deregister(tokyo, ami(n)) }, became(tokyo, ami(n), recovery.Gone, t0)}}...)
	}
	return l
}

// duplicate is the life of a copy in Singapore. The older the original, the later it is copied.
func duplicate(n int, gone bool) life {
	made := t0.Add(time.Hour - time.Duration(n)*time.Minute)
	l := life{
		{func(a account) { a.Copy(singapore, copied(n), tokyo, ami(n), backup, made) }, copiedTo(copied(n), ami(n), false, t0)},
		{func(a account) { a.SetState(singapore, copied(n), "available") }, became(singapore, copied(n), recovery.Available, t0)},
	}
	if gone {
		l = append(l, life{{func(a account) { a.Deregister(singapore, copied(n)) }, became(singapore, copied(n), recovery.Gone, t0)}}...)
	}
	return l
}

// order is a moment: how far each image is in its life, and which events were delivered.
type order struct {
	account
	lives     []life
	reached   []int
	delivered map[[2]int]bool // {image, step}
}

func (o order) key() string { return fmt.Sprint(o.State(), o.reached, o.delivered) }

func (o order) clone() order {
	c := o
	c.World = o.Clone()
	c.reached = append([]int(nil), o.reached...)
	c.delivered = map[[2]int]bool{}
	for k := range o.delivered {
		c.delivered[k] = true
	}
	return c
}

// next lists the moments that can follow: an image's life goes on, or an event of
// something that has happened is delivered, for the first time or once more.
func (o order) next() (on, again []order) {
	for i, l := range o.lives {
		if o.reached[i] < len(l) {
			n := o.clone()
			l[o.reached[i]].happens(n.account)
			n.reached[i]++
			on = append(on, n)
		}
		for step := range o.reached[i] {
			n, event := o.clone(), [2]int{i, step}
			outcome, _ := l[step].told.deliver(n.account, nil)
			switch {
			case o.delivered[event]:
				again = append(again, n)
			case outcome.Err == nil:
				n.delivered[event] = true
				on = append(on, n)
			}
		}
	}
	return on, again
}

// finish delivers what could not be handled so far, when the events are old.
func (o order) finish(region string) error {
	n := o.clone()
	n.Now = n.Now.Add(time.Hour)
	for i, l := range n.lives {
		for step := range l {
			if n.delivered[[2]int{i, step}] {
				continue
			}
			if outcome := l[step].told.redeliver(n.account); outcome.Err != nil {
				return fmt.Errorf("%s fails even late: %w", l[step].told.name, outcome.Err)
			}
		}
	}
	return n.right(region)
}

// orders counts the ways to the end from here, each event delivered once; moments where
// an event comes once more are visited as well.
func orders(t *testing.T, region string, o order, seen map[string]float64) float64 {
	key := o.key()
	if n, known := seen[key]; known {
		return n
	}
	seen[key] = 0
	if len(o.Broken) > 0 {
		t.Fatalf("%s\nwith %v delivered", o.Broken[0], o.delivered)
	}
	on, again := o.next()
	for _, n := range again {
		orders(t, region, n, seen)
	}
	if len(on) == 0 {
		if err := o.finish(region); err != nil {
			t.Fatalf("%v\nwith %v delivered", err, o.delivered)
		}
		seen[key] = 1
		return 1
	}
	var ways float64
	for _, n := range on {
		ways += orders(t, region, n, seen)
	}
	seen[key] = ways
	return ways
}

// Three images, their lives interleaved in every way, and their events delivered in every
// order after what they tell of, any of them more than once. (I1, I2.)
func TestFunctions_events_in_every_order_with_duplicates(t *testing.T) {
	for _, p := range []config.Parameter{latest, pinned} {
		for region, lives := range map[string][]life{
			tokyo:     {original(0, false), original(1, false), original(2, true)},
			singapore: {duplicate(0, false), duplicate(1, false), duplicate(2, true)},
		} {
			t.Run(region+"/"+string(p.Versioning), func(t *testing.T) {
				a := newAccount(p)
				if region == singapore {
					backups(a, 3)
				}
				seen := map[string]float64{}
				ways := orders(t, region, order{a, lives, make([]int, len(lives)), nil}, seen)
				t.Logf("%.0f orders through %d moments", ways, len(seen))
			})
		}
	}
}
