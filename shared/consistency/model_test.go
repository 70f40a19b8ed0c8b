package consistency_test

import (
	"fmt"
	"strings"
	"testing"

	"lastgood/shared/awsfake"
	"lastgood/shared/consistency"
)

// act is one thing that happens to a host.
type act struct {
	name        string
	id, command string // of a command; or else the timer goes off, or the application changes
	change      func(m *awsfake.Host)
}

// Every command that two attempts of a run and another run can send, the timer, and an
// application that begins or ceases to fail.
func acts() []act {
	return []act{
		{name: "pre1", id: id(1), command: pre},
		{name: "post1", id: id(1), command: post},
		{name: "force2", id: force(2), command: post},
		{name: "pre2", id: id(2), command: pre},
		{name: "post2", id: id(2), command: post},
		{name: "other", id: consistency.ExecutionID("other", 1, false), command: pre},
		{name: "timer"},
		{name: "pre fails", change: func(m *awsfake.Host) { m.PreExit = 1 }},
		{name: "not ready", change: func(m *awsfake.Host) { m.PreExit = consistency.NotReady }},
		{name: "post fails", change: func(m *awsfake.Host) { m.PostExit = 1 }},
		{name: "well", change: func(m *awsfake.Host) { m.PreExit, m.PostExit = 0, 0 }},
	}
}

// What awsfake says a host does is what the real script does: the same exit codes and the
// same freezes. The sequences together take every act from every state of the model that
// up to three acts lead to.
func TestModel_is_the_script(t *testing.T) {
	foreignPre, foreignPost := act{name: "foreign pre", id: "None", command: pre}, act{name: "foreign post", id: "None", command: post}
	foreign := []act{foreignPre, foreignPre, foreignPost, foreignPost, foreignPre, {name: "timer"}, foreignPost, foreignPre}
	for _, sequence := range append(sequences(), foreign) {
		names := make([]string, len(sequence))
		for i, a := range sequence {
			names[i] = a.name
		}
		t.Run(strings.Join(names, ","), func(t *testing.T) {
			t.Parallel()
			h, model := newHost(t), awsfake.Host{}
			h.withTimerByHand()
			for i, a := range sequence {
				var want int
				switch {
				case a.change != nil:
					a.change(&model)
					h.write("pre-exit", fmt.Sprint(model.PreExit))
					h.write("post-exit", fmt.Sprint(model.PostExit))
				case a.command == "":
					model = model.Timer()
					h.timer()
				default:
					model, want = model.Run(a.id, a.command)
					h.is(want, a.id, a.command)
				}
				if got := h.frozen(); got != model.Frozen {
					t.Fatalf("after %v the script has %q frozen, the model %q", names[:i+1], got, model.Frozen)
				}
			}
		})
	}
}

// sequences walks the model's states, breadth first, and returns the longest ways that
// together take every step once.
func sequences() [][]act {
	type at struct {
		model awsfake.Host
		way   []act
	}
	var all [][]act
	known := map[string]bool{fmt.Sprint(awsfake.Host{}): true}
	for level := []at{{}}; len(level) > 0 && len(level[0].way) < 3; {
		var next []at
		for _, here := range level {
			var done []act // steps that lead to where we are: several fit into one sequence
			for _, a := range acts() {
				there := here.model
				switch {
				case a.change != nil:
					a.change(&there)
				case a.command == "":
					there = there.Timer()
				default:
					there, _ = there.Run(a.id, a.command)
				}
				switch key := fmt.Sprint(there); {
				case key == fmt.Sprint(here.model):
					done = append(done, a)
				case known[key]:
					all = append(all, append(append([]act(nil), here.way...), a))
				default:
					known[key] = true
					next = append(next, at{there, append(append([]act(nil), here.way...), a)})
				}
			}
			all = append(all, append(append([]act(nil), here.way...), done...))
		}
		level = next
	}
	return all
}
