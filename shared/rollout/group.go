// Package rollout hands a pointer's image on to the Auto Scaling groups that follow its instance:
// what is to be done about a group, and the calls that do it. It keeps no state but AWS's own.
package rollout

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"lastgood/shared/recovery"
)

// The tags of an Auto Scaling group. People write all but the last.
const (
	TagFollow     = "lastgood:follow"       // the instance whose newest good image the group is to launch
	TagRefresh    = "lastgood:refresh"      // Method; MethodNone where it is missing
	TagHold       = "lastgood:hold"         // with any value: the group is left alone
	TagMinHealthy = "lastgood:min-healthy"  // percentage of the group that stays in service during a refresh
	TagWarmUp     = "lastgood:warm-up"      // seconds until a new instance counts as in service
	TagFailed     = "lastgood:failed-image" // the image whose refresh failed: it is not started again
)

// Method says how a group's instances get a new image.
type Method string

const (
	// MethodNone leaves the instances as they are: those launched from now on have the new image.
	MethodNone Method = "none"
	// MethodRolling replaces them by an instance refresh.
	MethodRolling Method = "rolling"
)

// Group is an Auto Scaling group as its tags and its own settings describe it.
type Group struct {
	Name       string
	Tagged     bool   // with TagFollow, whatever it says
	Follows    string // an instance
	Method     Method
	Held       bool
	MinHealthy *int32 // nil: as its own maintenance policy says, or as configured
	WarmUp     *int32 // seconds; nil: its own default, or as configured
	Failed     string // the image whose refresh failed
	Wrong      string // which tag says what cannot be, and what it should
	WrongTag   string

	Configuration string // the launch configuration; "" where there is a launch template
	Template      Spec
	Suspended     string // a process that an instance refresh cannot do without
	// Own says that some instance types have a launch template or an image of their own, which stays as it is.
	Own bool

	described types.AutoScalingGroup
}

// Spec is a version of a launch template. ID is empty where there is none.
type Spec struct{ ID, Name, Version string }

// numbered reports whether the version is a number, and not $Latest or $Default.
func (s Spec) numbered() bool {
	_, err := strconv.ParseInt(s.Version, 10, 64)
	return err == nil
}

// specOf reads a specification. Without a version it means the default one:
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LaunchTemplateSpecification.html
func specOf(s *types.LaunchTemplateSpecification) Spec {
	if s == nil {
		return Spec{}
	}
	spec := Spec{aws.ToString(s.LaunchTemplateId), aws.ToString(s.LaunchTemplateName), aws.ToString(s.Version)}
	if spec.Version == "" {
		spec.Version = "$Default"
	}
	return spec
}

// refreshing are the processes without which an instance refresh replaces no instances:
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/understand-how-suspending-processes-affects-other-processes.html
var refreshing = []string{"Launch", "Terminate", "InstanceRefresh"}

// groupOf reads a group.
func groupOf(g types.AutoScalingGroup) Group {
	group := Group{
		Name: aws.ToString(g.AutoScalingGroupName), Method: MethodNone, Configuration: aws.ToString(g.LaunchConfigurationName),
		Template: specOf(g.LaunchTemplate), described: g,
	}
	if p := g.MixedInstancesPolicy; p != nil && p.LaunchTemplate != nil {
		group.Template = specOf(p.LaunchTemplate.LaunchTemplateSpecification)
		for _, o := range p.LaunchTemplate.Overrides {
			group.Own = group.Own || o.LaunchTemplateSpecification != nil || aws.ToString(o.ImageId) != ""
		}
	}
	for _, p := range g.SuspendedProcesses {
		if name := aws.ToString(p.ProcessName); slices.Contains(refreshing, name) {
			group.Suspended = name
		}
	}
	for _, tag := range g.Tags {
		group.read(aws.ToString(tag.Key), aws.ToString(tag.Value))
	}
	return group
}

func (g *Group) read(tag, value string) {
	wrong := ""
	switch tag {
	case TagFollow:
		g.Tagged, g.Follows = true, value
		if !recovery.IsInstanceID(value) {
			wrong = "an instance id"
		}
	case TagRefresh:
		g.Method = Method(value)
		if g.Method != MethodNone && g.Method != MethodRolling {
			wrong = `"none" or "rolling"`
		}
	case TagHold:
		g.Held = true
	case TagMinHealthy:
		if g.MinHealthy = number(value, 100); g.MinHealthy == nil {
			wrong = "0 to 100"
		}
	case TagWarmUp:
		if g.WarmUp = number(value, 24*60*60); g.WarmUp == nil {
			wrong = "0 to 86400 seconds"
		}
	case TagFailed:
		g.Failed = value
	}
	if wrong != "" {
		g.WrongTag = tag
		g.Wrong = fmt.Sprintf("the tag %s says %q, expected %s", tag, value, wrong)
	}
}

// number is a whole number up to a highest one, or nil.
func number(text string, highest int32) *int32 {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 || n > int64(highest) {
		return nil
	}
	return aws.Int32(int32(n))
}

// Templates are the versions of launch templates that the group launches with, those of its overrides included. Each has
// its template's id, its name, or both.
func (g Group) Templates() []Spec {
	return slices.DeleteFunc(specs(g.described), func(s Spec) bool { return s.ID+s.Name == "" })
}

// specs are all specifications of launch templates that a group has, its overrides' included.
func specs(g types.AutoScalingGroup) []Spec {
	all := []Spec{specOf(g.LaunchTemplate)}
	if p := g.MixedInstancesPolicy; p != nil && p.LaunchTemplate != nil {
		all = append(all, specOf(p.LaunchTemplate.LaunchTemplateSpecification))
		for _, o := range p.LaunchTemplate.Overrides {
			all = append(all, specOf(o.LaunchTemplateSpecification))
		}
	}
	return all
}
