package reconcile

import (
	"cmp"
	"hash/fnv"
	"slices"
	"time"

	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

const (
	// perTurn is how many images without a source a run looks into that are new, and again
	// that have their turn.
	perTurn = 500
	// audits is how many signed copies a run looks into, on average at most.
	audits = 200
	// auditedIn is how long it takes to look into all of them, as long as that makes no more for a run.
	auditedIn = 24 * time.Hour
)

// doubtful lists the images that nobody says whose they are, or that say something else
// than EC2, the newest first.
func doubtful(images []recovery.Point) []int {
	var doubtful []int
	for i, p := range images {
		tag := p.Tags[recovery.TagSourceID]
		if p.Source() == "" || p.Original() && tag != "" && tag != p.Source() {
			doubtful = append(doubtful, i)
		}
	}
	slices.SortFunc(doubtful, func(a, b int) int {
		return cmp.Or(images[b].Created.Compare(images[a].Created), cmp.Compare(images[a].ID, images[b].ID))
	})
	return doubtful
}

// turn is the part of the doubtful images that a run looks into: the newest, which may
// just have lost their event, and of the others those whose turn it is. Each run's turn
// begins where the last one's ended; what is new in the meantime moves the others on
// towards the next turn, so that none is passed by.
func turn(doubtful []int, run int) (due []int, waiting int) {
	if len(doubtful) <= 2*perTurn {
		return doubtful, 0
	}
	turns := slices.Collect(slices.Chunk(doubtful[perTurn:], perTurn))
	due = slices.Concat(doubtful[:perTurn], turns[run%len(turns)])
	return due, len(doubtful) - len(due)
}

// audited lists the signed copies whose turn it is: a changed tag shows as soon as a pointer
// is to move to the image, but one that hides the image, or makes it look older, shows only
// to whoever looks.
func audited(images []recovery.Point, run int, every time.Duration) []int {
	var signed []int
	for i, p := range images {
		if !p.Original() && p.Source() != "" {
			signed = append(signed, i)
		}
	}
	turns := max(1, int(auditedIn/every))
	for len(signed) > audits*turns {
		turns *= 2 // and not a little more each time: that would mix up the turns
	}
	return slices.DeleteFunc(signed, func(i int) bool { return slot(images[i].ID, turns) != run%turns })
}

// slot gives an image its turn, the same one whatever other images there are.
func slot(image string, turns int) int {
	h := fnv.New32a()
	h.Write([]byte(image))
	return int(h.Sum32()) % turns // 32 bits are never negative in a function's 64
}

// forged lists the images whose signature turned out not to fit.
func forged(images []recovery.Point, results []pointer.Result) []int {
	ids := map[string]bool{}
	for _, r := range results {
		for _, id := range r.Forged {
			ids[id] = true
		}
	}
	var forged []int
	for i, p := range images {
		if ids[p.ID] {
			forged = append(forged, i)
		}
	}
	return forged
}
