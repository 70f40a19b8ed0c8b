// Package awsfake is an account in several Regions, in memory: as much of EC2, Parameter
// Store and KMS as lastgood calls, for tests. It pages its results, keeps the order of
// changes, can answer from before the last change, and puts a hook around every call, at
// which a test makes it fail, lose its answer, or wait.
package awsfake

import (
	"errors"
	"maps"
	"time"
)

// World is the account. It is not safe for concurrent use: tests let one call happen at a time.
type World struct {
	Now     time.Time
	regions map[string]*region
	down    map[string]bool
	changes int // how many changes there were; the clock that goodness is told by
	made    int // how many ids were given out

	// Broken gathers what must never happen and did.
	Broken []string
	// MayDelete says that a parameter may be missing for a moment; else deleting one breaks the world.
	MayDelete bool
	// KnowsSources says that the world knows whose every image is: then writing one of another
	// instance than the parameter is named after breaks it.
	KnowsSources bool
	// Lags says that reads may be stale: then nobody can promise that what is written is good.
	Lags bool
	// Validates says that a put of an aws:ec2:image takes effect only when it is Validated.
	Validates bool
	// PageSize is how many images a page holds; 0 means as many as asked for.
	PageSize int
	// ScalingPage is how many rows a page of Auto Scaling's and of launch template versions holds; 0 means one.
	ScalingPage int
	// Tidies says that EC2 shows versions of launch templates otherwise than as they were asked for.
	Tidies bool
	// Offline says that no command reaches a host, until Deliver.
	Offline bool
	late    []arrival // commands on their way
	// Retain says how many sets of a policy have to stay: deleting one of them breaks the world.
	Retain map[string]int
	// Leaves says that deregistering an image leaves its snapshots behind.
	Leaves    bool
	strangers map[string]bool   // points that are none of lastgood's, whatever their tags say
	locked    map[string]bool   // snapshots
	tokens    map[string]string // client token -> the image that it made
	// Refuse is the group of messages that the queue does not take.
	Refuse string
}

type region struct {
	images, imagesBefore         *table[image]
	parameters, parametersBefore *table[parameter]
	snapshots, snapshotsBefore   *table[snapshot]
	instances                    *table[instance]
	volumes                      *table[volume]
	queue                        []Message
	hosts                        *table[Host]
	commands, commandsBefore     *table[command]
	validating                   *table[parameter]   // put, and not yet to be seen
	ever                         map[string]image    // every image there ever was
	everSnapshot                 map[string]snapshot // every snapshot there ever was
	scaling, scalingBefore       scaling
	goneSince                    map[string]int // point -> the change with which it ceased to be good
}

type image struct {
	id, name, state           string
	created                   time.Time
	sourceInstance            string
	sourceImage, sourceRegion string
	tags                      map[string]string
	snapshots                 string // the ids of what it consists of, if CreateImage made it
	protected                 bool
	hardware                  Hardware
	frozen                    string // whose freeze it was taken in, as only the world knows
}

type parameter struct {
	value    string
	version  int64
	kind     string
	dataType string
}

// Errors that calls fail with. ErrDied is what a process sees of the world after its death.
var (
	ErrThrottled = apiError("ThrottlingException")
	ErrServer    = apiError("InternalError")
	ErrTimeout   = errors.New("context deadline exceeded")
	ErrLost      = errors.New("connection reset by peer")
	ErrDied      = errors.New("the process is dead")
	errDown      = errors.New("dial tcp: connection refused")
)

// New is an account with nothing in it, at a fixed time.
func New(regions ...string) *World {
	w := &World{
		Now:     time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC),
		regions: map[string]*region{},
		down:    map[string]bool{},

		Retain: map[string]int{}, strangers: map[string]bool{}, locked: map[string]bool{}, tokens: map[string]string{},
	}
	for _, name := range regions {
		images, parameters, snapshots := newTable(map[string]image{}), newTable(map[string]parameter{}), newTable(map[string]snapshot{})
		w.regions[name] = &region{
			images: images, imagesBefore: images,
			parameters: parameters, parametersBefore: parameters, validating: newTable(map[string]parameter{}),
			snapshots: snapshots, snapshotsBefore: snapshots,
			instances: newTable(map[string]instance{}), volumes: newTable(map[string]volume{}), hosts: newTable(map[string]Host{}),
			commands: newTable(map[string]command{}), commandsBefore: newTable(map[string]command{}),
			scaling: newScaling(), scalingBefore: newScaling(),
			ever: map[string]image{}, everSnapshot: map[string]snapshot{}, goneSince: map[string]int{},
		}
	}
	return w
}

// Create makes a pending image of an instance, as CreateImage does.
func (w *World) Create(in, id, instance string, created time.Time) {
	w.put(in, image{id: id, name: "backup of " + instance + " " + id, state: "pending", created: created, sourceInstance: instance})
}

// Copy makes a pending copy of an image, as CopyImage does.
func (w *World) Copy(in, id, from, original, name string, created time.Time) {
	w.put(in, image{id: id, name: name, state: "pending", created: created, sourceImage: original, sourceRegion: from})
}

// LaunchedFrom says which image the instance of an image was launched from, as EC2 does.
func (w *World) LaunchedFrom(in, id, image string) {
	i := w.regions[in].images.rows[id]
	i.sourceImage, i.sourceRegion = image, in
	w.put(in, i)
}

// Bulk makes many changes at once. What there was before them is not remembered.
func (w *World) Bulk(changes func()) {
	for _, bulk := range []bool{true, false} {
		for _, r := range w.regions {
			r.images.bulk, r.parameters.bulk, r.snapshots.bulk = bulk, bulk, bulk
			r.instances.bulk, r.volumes.bulk = bulk, bulk
		}
		if bulk {
			changes()
		}
	}
}

// SetState changes an image's state, as EC2 does.
func (w *World) SetState(in, id, state string) {
	i := w.regions[in].images.rows[id]
	i.state = state
	w.put(in, i)
}

// Tag writes tags on an image or a snapshot, as whoever may do that.
func (w *World) Tag(in, id string, tags map[string]string) {
	if s, is := w.regions[in].snapshots.rows[id]; is {
		s.tags = maps.Clone(s.tags)
		if s.tags == nil {
			s.tags = map[string]string{}
		}
		maps.Copy(s.tags, tags)
		w.putSnapshot(in, s)
		return
	}
	i := w.regions[in].images.rows[id]
	i.tags = maps.Clone(i.tags)
	if i.tags == nil {
		i.tags = map[string]string{}
	}
	maps.Copy(i.tags, tags)
	w.put(in, i)
}

// Deregister removes an image.
func (w *World) Deregister(in, id string) {
	r := w.regions[in]
	w.changes++
	r.goneSince[id] = w.changes
	r.setImages(r.images.without(id))
}

// SetParameter writes a parameter by hand, of whatever type.
func (w *World) SetParameter(in, name, value, kind, dataType string, version int64) {
	r := w.regions[in]
	w.changes++
	r.setParameters(r.parameters.with(name, parameter{value, version, kind, dataType}))
}

// DeleteParameter deletes a parameter by hand.
func (w *World) DeleteParameter(in, name string) {
	r := w.regions[in]
	w.changes++
	r.setParameters(r.parameters.without(name))
}

// Validated ends the validation of what was put as an aws:ec2:image: it takes effect, or
// nothing comes of it.
func (w *World) Validated(in string, valid bool) {
	r := w.regions[in]
	for _, name := range r.validating.ids() {
		if p := r.validating.rows[name]; valid {
			w.SetParameter(in, name, p.value, p.kind, p.dataType, p.version)
		}
		r.validating = r.validating.without(name)
	}
}

// Value is what a reader of the parameter gets; "" when it does not exist.
func (w *World) Value(in, name string) string { return w.regions[in].parameters.rows[name].value }

// Version is the parameter's version; 0 when it does not exist.
func (w *World) Version(in, name string) int64 { return w.regions[in].parameters.rows[name].version }

// DataType is the parameter's data type.
func (w *World) DataType(in, name string) string { return w.regions[in].parameters.rows[name].dataType }

// Tags are an image's or a snapshot's tags.
func (w *World) Tags(in, id string) map[string]string {
	if s, is := w.regions[in].snapshots.rows[id]; is {
		return s.tags
	}
	return w.regions[in].images.rows[id].tags
}

// Down makes a Region answer nothing, or answer again.
func (w *World) Down(region string, down bool) { w.down[region] = down }
