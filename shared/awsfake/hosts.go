package awsfake

import (
	"context"
	"errors"
)

// SetHost says how an instance's host and its application are.
func (w *World) SetHost(in, instance string, h Host) {
	r := w.regions[in]
	r.hosts = r.hosts.with(instance, h)
	w.changes++
}

// Host is how an instance's host and its application are.
func (w *World) Host(in, instance string) Host { return w.regions[in].hosts.rows[instance] }

// frozen is whose freeze an instance is in, as run.attempt; "" when it is in none.
func (w *World) frozen(in, instance string) string { return w.Host(in, instance).Frozen }

// FrozenIn is whose freeze a snapshot or an image was taken in; "" for none.
func (w *World) FrozenIn(in, id string) string {
	r := w.regions[in]
	if s, is := r.snapshots.rows[id]; is {
		return s.frozen
	}
	return r.images.rows[id].frozen
}

// Points are the ids of all snapshots and images of a Region.
func (w *World) Points(in string) []string {
	r := w.regions[in]
	return append(r.images.ids(), r.snapshots.ids()...)
}

// Command is what is run on a host: the parameters of a document.
type Command struct{ Instance, ExecutionID, Command string }

// RunCommand sends a command to a host and waits for its end, as one call. With the fault
// Late it reaches the host when ArriveLate is called, and the caller knows nothing of it.
// reached is false, and no error, where Run Command says that it never got there.
func (c *Client) RunCommand(ctx context.Context, cmd Command) (exit int, reached bool, err error) {
	w := c.process.World
	if w.Offline {
		_, err = do(ctx, c, "RunCommand", false, func(*region, bool) (int, error) { return 0, nil })
		return 0, false, err
	}
	exit, err = do(ctx, c, "RunCommand", false, func(*region, bool) (int, error) { return w.run(c.region, cmd), nil })
	if errors.Is(err, ErrLate) {
		w.late = append(w.late[:len(w.late):len(w.late)], arrival{c.region, cmd})
	}
	return exit, err == nil, err
}

// ErrTimedOut as a fault's After has a command run on its host, and Run Command say that it
// took too long.
var ErrTimedOut = errors.New("the command timed out")

// ErrLate as a fault's Before has a command reach its host late.
var ErrLate = errors.New("no word of the command")

type arrival struct {
	region string
	Command
}

// ArriveLate has the commands that are late reach their hosts, and reports whether there were any.
func (w *World) ArriveLate() bool {
	arrive := w.late
	for _, a := range arrive {
		w.run(a.region, a.Command)
	}
	w.late = nil
	return len(arrive) > 0
}

func (w *World) run(in string, cmd Command) int {
	h, exit := w.Host(in, cmd.Instance).Run(cmd.ExecutionID, cmd.Command)
	w.SetHost(in, cmd.Instance, h)
	return exit
}

// VolumeOf is the volume that a snapshot was taken of.
func (w *World) VolumeOf(in, snapshot string) string {
	return w.regions[in].snapshots.rows[snapshot].volume
}
