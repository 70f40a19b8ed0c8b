package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/shared/recovery"
)

// Retirement is the pointers of an instance or a volume, to be deleted.
type Retirement struct {
	Source  string      `json:"source"`
	Regions []RetiredIn `json:"regions"`
	Notes   []string    `json:"notes,omitempty"`
	reach   *reach
}

// RetiredIn is the pointer in one Region.
type RetiredIn struct {
	Region    string `json:"region"`
	Parameter string `json:"parameter"`
	Named     string `json:"named,omitempty"`    // what the pointer names; "" if there is none
	Instance  string `json:"instance,omitempty"` // the state of the instance or volume, if it exists there
	Good      string `json:"good,omitempty"`     // the newest good recovery point
	Deleted   bool   `json:"deleted"`
	Error     string `json:"error,omitempty"`
}

// Retire looks at the pointers of an instance or a volume in every Region. It changes nothing yet.
func (a *Account) Retire(ctx context.Context, source string) (*Retirement, error) {
	x, err := a.reach("")
	if err != nil {
		return nil, err
	}
	t := &Retirement{Source: source, reach: x}
	for _, r := range x.regions {
		t.Regions = append(t.Regions, RetiredIn{Region: r.Name, Parameter: r.Names.Parameter(source)})
	}
	t.each(ctx, func(ctx context.Context, r *Region, in RetiredIn) (RetiredIn, error) {
		return r.lookBeforeRetiring(ctx, source, in)
	})
	for _, alias := range a.Regions[0].Settler.AliasesOf(source) {
		t.Notes = append(t.Notes, fmt.Sprintf("the alias %s stands for it too: take it out of the configuration", alias))
	}
	return t, x.err()
}

// each does a step in every Region that has not failed yet, and notes what failed.
func (t *Retirement) each(ctx context.Context, step func(context.Context, *Region, RetiredIn) (RetiredIn, error)) {
	did := each(ctx, t.reach, func(ctx context.Context, r *Region) (RetiredIn, error) {
		in := t.Regions[slices.Index(t.reach.regions, r)]
		return step(ctx, r, in)
	})
	for i, in := range t.Regions {
		problem := t.reach.problem(in.Region)
		if problem == "" {
			in = did[i]
		}
		in.Error = problem
		t.Regions[i] = in
	}
}

func (r *Region) lookBeforeRetiring(ctx context.Context, source string, in RetiredIn) (RetiredIn, error) {
	out, err := r.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: &in.Parameter})
	if _, missing := errors.AsType[*ssmtypes.ParameterNotFound](err); err != nil && !missing {
		return in, fmt.Errorf("reading %s: %w", in.Parameter, err)
	}
	if err == nil {
		in.Named = aws.ToString(out.Parameter.Value)
	}
	if in.Instance, err = r.sourceState(ctx, source); err != nil {
		return in, err
	}
	would, err := r.rehearse().Settle(ctx, source)
	if err == nil && move(would).good() {
		in.Good = would.To
	}
	return in, err
}

// sourceState is the state of an instance or volume that exists; "" where it does not, or is terminated.
func (r *Region) sourceState(ctx context.Context, id string) (string, error) {
	if recovery.IsVolumeID(id) {
		return r.volumeState(ctx, id)
	}
	// A filter, because an id that does not exist is an error.
	out, err := r.EC2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{
		Filters: []types.Filter{{Name: aws.String("instance-id"), Values: []string{id}}},
	})
	if err != nil {
		return "", fmt.Errorf("describing %s: %w", id, err)
	}
	for _, reservation := range out.Reservations {
		for _, i := range reservation.Instances {
			if i.State != nil && i.State.Name != types.InstanceStateNameTerminated {
				return string(i.State.Name), nil
			}
		}
	}
	return "", nil
}

func (r *Region) volumeState(ctx context.Context, id string) (string, error) {
	out, err := r.EC2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{
		Filters: []types.Filter{{Name: aws.String("volume-id"), Values: []string{id}}},
	})
	if err != nil {
		return "", fmt.Errorf("describing %s: %w", id, err)
	}
	for _, v := range out.Volumes {
		if v.State != types.VolumeStateDeleting && v.State != types.VolumeStateDeleted {
			return string(v.State), nil
		}
	}
	return "", nil
}

// Refusal is why the pointers are better not deleted; nil where there is no reason.
func (t *Retirement) Refusal() error {
	var reasons []error
	for _, in := range t.Regions {
		if in.Error != "" {
			reasons = append(reasons, fmt.Errorf("%s gives no answer, and may be where %s lives", in.Region, t.Source))
		}
		if in.Instance != "" {
			reasons = append(reasons, fmt.Errorf("%s is %s in %s", t.Source, in.Instance, in.Region))
		}
		if in.Good != "" {
			reasons = append(reasons, fmt.Errorf("%s is a good %s of it in %s, from which reconcile would make the pointer again: quarantine it or %s it first", in.Good, noun(in.Good), in.Region, strings.ToLower(removal(in.Good))))
		}
	}
	return errors.Join(reasons...)
}

// Pointers lists the pointers that there are, and what they name.
func (t *Retirement) Pointers() []string {
	var pointers []string
	for _, in := range t.Regions {
		if in.Named != "" {
			pointers = append(pointers, fmt.Sprintf("%s in %s, which names %s", in.Parameter, in.Region, in.Named))
		}
	}
	return pointers
}

// Do deletes the pointers.
func (t *Retirement) Do(ctx context.Context) error {
	t.reach.patience = actPatience
	t.each(ctx, func(ctx context.Context, r *Region, in RetiredIn) (RetiredIn, error) {
		if in.Named == "" {
			return in, nil
		}
		_, err := r.SSM.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: &in.Parameter})
		if _, gone := errors.AsType[*ssmtypes.ParameterNotFound](err); err != nil && !gone {
			return in, fmt.Errorf("deleting %s: %w", in.Parameter, err)
		}
		in.Deleted = true
		return in, nil
	})
	for _, in := range t.Regions {
		if in.Deleted && in.Good != "" {
			t.Notes = append(t.Notes, fmt.Sprintf("reconcile brings the pointer back in %s while %s is good", in.Region, in.Good))
		}
	}
	return t.reach.err()
}

// Findings reports whether a Region failed, or a pointer will come back.
func (t *Retirement) Findings() bool {
	for _, in := range t.Regions {
		if in.Error != "" || in.Deleted && in.Good != "" {
			return true
		}
	}
	return false
}
