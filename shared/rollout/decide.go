package rollout

import "fmt"

// Verdict is what is to be done about a group.
type Verdict string

// The verdicts. Point and Start change something.
const (
	Unchanged Verdict = "unchanged" // it uses the image, or a refresh to it is under way
	Held      Verdict = "held"      // a person says so
	Left      Verdict = "left"      // there is nothing to give it, or AWS gives it by itself
	Waiting   Verdict = "waiting"   // another refresh is under way
	Refused   Verdict = "refused"   // a person has to put something right
	Failed    Verdict = "failed"    // its refresh to this image failed: a person has to decide
	Point     Verdict = "pointed"   // at what launches the new image from now on
	Start     Verdict = "started"   // an instance refresh
)

// Decision is what is to be done about a group, and why.
type Decision struct {
	Verdict Verdict
	Reason  string
}

// Acts reports whether the decision is to change what the group launches.
func (d Decision) Acts() bool { return d.Verdict == Point || d.Verdict == Start }

// Facts are all that the decision about a group goes by.
type Facts struct {
	Group Group
	Want  string // the image that the pointer names; "" without a pointer
	Runs  string // the image that the group launches, as its template says it; "" where that cannot be known

	Under *Refresh // the refresh that is under way, if one is
	Last  *Refresh // the newest one to Want that has ended, if there is one
	Left  *Refresh // one to another image that has ended, was not undone, and left instances of it

	Unusable  string // why nothing can be launched from Want at all
	Untrusted string // why nobody knows that Want is the followed instance's
	Shared    string // who would launch a new version of the template at once
	Misfit    string // why Want cannot take the place of Runs
}

// Refresh is an instance refresh.
type Refresh struct {
	ID     string
	Status string
	Reason string
	Image  string // what it brings; "" where that cannot be known
	Undone bool   // it is being cancelled or rolled back
	Good   bool   // it has ended well
}

// Decide says what is to be done about a group that follows an instance. A pointer that fell back is a pointer
// like any other.
func Decide(f Facts) Decision {
	g := f.Group
	switch {
	case g.Wrong != "":
		return Decision{Refused, g.Wrong}
	case g.Held:
		return Decision{Held, "the tag " + TagHold + " says so"}
	case f.Want == "":
		return Decision{Left, g.Follows + " has no pointer: it has no good image yet, or another instance was meant"}
	case resolves(f.Runs):
		return Decision{Left, "its launch template says " + f.Runs + ", which EC2 resolves at each launch"}
	case f.Under != nil:
		return f.under()
	case f.Runs == f.Want && (f.Left == nil || g.Method != MethodRolling):
		return Decision{Unchanged, "it uses the image"}
	case f.Runs == "":
		return Decision{Refused, "its launch template version or launch configuration does not exist, or names no image"}
	case f.Unusable != "":
		return Decision{Left, f.Unusable}
	case f.failed() != "":
		return Decision{Failed, f.failed()}
	case f.Untrusted != "":
		return Decision{Refused, f.Untrusted}
	case f.Shared != "":
		return Decision{Refused, f.Shared}
	case f.Misfit != "":
		return Decision{Refused, f.Misfit}
	case g.Method == MethodRolling && g.Configuration != "":
		return Decision{Refused, "an instance refresh cannot be given a launch configuration; give the group a launch template, or take the tag " + TagRefresh + " off"}
	case g.Method == MethodRolling && g.Suspended != "": // the refresh would fail, and not for the image
		return Decision{Refused, fmt.Sprintf("its process %s is suspended, so that an instance refresh would replace nothing; run aws autoscaling resume-processes --auto-scaling-group-name %s, or hold the group", g.Suspended, g.Name)}
	case g.Method == MethodRolling:
		return Decision{Start, f.note()}
	}
	return Decision{Point, f.note()}
}

// under decides while a refresh is under way: nothing of the group can be changed meanwhile.
func (f Facts) under() Decision {
	brings := f.Under.Image
	if brings == "" {
		brings = "something else"
	}
	switch {
	case f.Under.Undone:
		return Decision{Waiting, fmt.Sprintf("the refresh %s to %s is being undone: %s", f.Under.ID, brings, f.Under.Reason)}
	case f.Under.Image == f.Want:
		return Decision{Unchanged, fmt.Sprintf("the refresh %s brings the image", f.Under.ID)}
	}
	return Decision{Waiting, fmt.Sprintf("the refresh %s brings %s", f.Under.ID, brings)}
}

// ToTryAgain stands in the reason of a refresh that failed, before the group's name.
const ToTryAgain = "; to try again, run: lastgood rollout "

// failed says why the image is not tried again, or nothing. A refresh that succeeded since then has the last word.
func (f Facts) failed() string {
	switch {
	case f.Last != nil && f.Last.Good:
		return ""
	case f.Last != nil:
		return fmt.Sprintf("its refresh %s to %s ended as %s: %s", f.Last.ID, f.Want, f.Last.Status, f.Last.Reason) + ToTryAgain + f.Group.Name
	case f.Group.Failed == f.Want:
		return fmt.Sprintf("the tag %s says that its refresh to %s failed", TagFailed, f.Want) + ToTryAgain + f.Group.Name
	}
	return ""
}

// note says why the group is changed although it launches the image, and what that leaves as it is.
func (f Facts) note() string {
	switch {
	case f.Runs == f.Want:
		return fmt.Sprintf("its refresh %s left instances of %s", f.Left.ID, f.Left.Image)
	case f.Group.Own:
		return "the instance types that have a launch template or an image of their own keep it"
	}
	return ""
}
