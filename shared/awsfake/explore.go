package awsfake

import (
	"fmt"
	"hash/fnv"
	"io"
	"iter"
)

// Actor is one of several processes that run at once. It starts when the actors whose
// numbers are in After have finished.
type Actor struct {
	Run   func(p *Process)
	After []int
}

// Scenario is a world and who acts in it. Check is called when all have finished, and
// says what is wrong, or nothing.
type Scenario struct {
	World  *World
	Actors []Actor
	Check  func() error
	// Faults lists what may happen to a call instead of nothing; at most Budget of them in a schedule.
	Faults func(c Call) []Fault
	Budget int
}

// Explored says how much Explore has seen.
type Explored struct {
	Schedules float64 // different orders of calls, and of faults in them
	States    int     // different states they lead through
}

func (e Explored) String() string {
	return fmt.Sprintf("%.0f schedules through %d states", e.Schedules, e.States)
}

// step is one choice: which actor's call comes next, and what happens to it.
type step struct {
	actor int
	fault Fault
}

// Explore runs a scenario in every order of its actors' calls, with every fault. It does
// not run an order that leads to a state it knows: what follows was seen. setup makes the
// scenario anew for each run and has to make the same one each time. The first order that
// breaks the world or fails the check is returned as an error.
func Explore(setup func() Scenario) (Explored, error) {
	e := explorer{setup: setup, nodes: map[uint64]*node{}}
	root, err := e.run(nil)
	for err == nil && len(e.open) > 0 {
		last := e.open[len(e.open)-1]
		e.open = e.open[:len(e.open)-1]
		_, err = e.run(last)
	}
	if err != nil {
		return Explored{}, err
	}
	return Explored{Schedules: root.schedules(), States: len(e.nodes)}, nil
}

type explorer struct {
	setup func() Scenario
	nodes map[uint64]*node
	open  [][]step // orders still to be run
}

// node is a state and the states that follow it.
type node struct {
	next  []*node
	count float64
}

func (n *node) schedules() float64 {
	if n.count == 0 {
		for _, next := range n.next {
			n.count += next.schedules()
		}
		if len(n.next) == 0 {
			n.count = 1
		}
	}
	return n.count
}

// run replays a prefix, and goes on from there with the first choice each time, noting
// the others as open, until everybody has finished or the state is known.
func (e *explorer) run(prefix []step) (*node, error) {
	r := start(e.setup())
	defer r.stop()
	var first, from *node
	path := make([]step, 0, len(prefix)+8)
	for depth := 0; ; depth++ {
		if depth >= len(prefix) || depth == len(prefix)-1 {
			key := r.key()
			here, known := e.nodes[key]
			if !known {
				here = &node{}
				e.nodes[key] = here
			}
			if first == nil {
				first = here
			}
			if from != nil {
				from.next = append(from.next, here)
			}
			if known && depth >= len(prefix) {
				return first, nil
			}
			from = here
		}
		if broken := r.scenario.World.Broken; len(broken) > 0 {
			return first, fmt.Errorf("%s\nafter %v", broken[0], r.trace)
		}
		choices := r.choices()
		if len(choices) == 0 {
			if err := r.scenario.Check(); err != nil {
				return first, fmt.Errorf("%w\nafter %v", err, r.trace)
			}
			return first, nil
		}
		next := choices[0]
		if depth < len(prefix) {
			next = prefix[depth]
		} else {
			for _, other := range choices[1:] {
				e.open = append(e.open, append(append([]step(nil), path...), other))
			}
		}
		path = append(path, next)
		r.take(next)
	}
}

// running is a scenario under way.
type running struct {
	scenario Scenario
	actors   []*runningActor
	faults   int
	trace    []string
}

type runningActor struct {
	process  *Process
	started  bool
	finished bool
	call     Call                // the one it waits at
	fault    Fault               // what is to happen to it
	resume   func() (Call, bool) // lets the call happen, up to the next one
	abandon  func()
}

func start(s Scenario) *running {
	r := &running{scenario: s}
	for _, actor := range s.Actors {
		a := &runningActor{}
		a.resume, a.abandon = iter.Pull(func(yield func(Call) bool) {
			a.process.Hook = func(_ int, c Call) Fault {
				if !a.process.dead && !yield(c) {
					a.process.dead = true
				}
				return a.fault
			}
			actor.Run(a.process)
		})
		a.process = s.World.Process(nil)
		a.process.seen = fnv.New64a()
		r.actors = append(r.actors, a)
	}
	r.begin()
	return r
}

// begin starts the actors that may start, up to their first call.
func (r *running) begin() {
	for i, a := range r.actors {
		if !a.started && r.finished(r.scenario.Actors[i].After) {
			a.started = true
			a.advance()
		}
	}
}

func (a *runningActor) advance() {
	call, waits := a.resume()
	a.call, a.finished = call, !waits
}

func (r *running) finished(actors []int) bool {
	for _, i := range actors {
		if !r.actors[i].finished {
			return false
		}
	}
	return true
}

func (r *running) choices() []step {
	var steps []step
	for i, a := range r.actors {
		if !a.started || a.finished {
			continue
		}
		steps = append(steps, step{actor: i})
		if r.scenario.Faults != nil && r.faults < r.scenario.Budget {
			for _, f := range r.scenario.Faults(a.call) {
				steps = append(steps, step{i, f})
			}
		}
	}
	return steps
}

func (r *running) take(s step) {
	a := r.actors[s.actor]
	what := a.call.Action
	if s.fault != (Fault{}) {
		r.faults++
		what = fmt.Sprintf("%s %+v", what, s.fault)
	}
	r.trace = append(r.trace, fmt.Sprintf("%d:%s", s.actor, what))
	a.fault = s.fault
	a.advance()
	r.begin()
}

// key tells states apart: the world, and what each process has seen of it.
func (r *running) key() uint64 {
	h := fnv.New64a()
	io.WriteString(h, r.scenario.World.snapshot(r.faults < r.scenario.Budget)) //nolint:errcheck // a hash takes everything
	fmt.Fprint(h, r.faults)
	for _, a := range r.actors {
		fmt.Fprint(h, a.started, a.finished, len(a.process.Calls), a.process.seen.Sum64())
	}
	return h.Sum64()
}

// stop lets everybody who still waits die.
func (r *running) stop() {
	for _, a := range r.actors {
		a.abandon()
	}
}
