package operator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

// RestoreRequest says what to restore, and where.
type RestoreRequest struct {
	Target       string // an instance's id or an alias
	Region       string
	InstanceType string // "" for one of the image's architecture
	Subnet       string // "" for a default subnet of the default VPC
	File         string // what the commands call the template's file
}

// Restore is all it takes to launch a server from where a pointer stands.
type Restore struct {
	Source       string    `json:"source"`
	Region       string    `json:"region"`
	Image        string    `json:"image"`
	ImageName    string    `json:"imageName"`
	TakenAt      time.Time `json:"takenAt,omitzero"`
	Architecture string    `json:"architecture"`
	InstanceType string    `json:"instanceType"`
	Notes        []string  `json:"notes"`
	Warnings     []string  `json:"warnings"`
	Commands     []string  `json:"commands"`
	Template     string    `json:"template"`
}

// Restore makes the template and the commands. It changes nothing. An error says that
// there is nothing to launch from.
func (a *Account) Restore(ctx context.Context, q RestoreRequest) (Restore, error) {
	r, err := a.Region(q.Region)
	if err != nil {
		return Restore{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, actPatience)
	defer cancel()
	named, err := r.named(ctx, q.Target)
	if err != nil {
		return Restore{}, err
	}
	// Whether a newer image exists is worth knowing, and not worth keeping the restore back for.
	would, unknown := r.wouldSettle(ctx, q.Target)
	found, err := r.Points.Images.ByID(ctx, named)
	if err != nil {
		return Restore{}, err
	}
	p := found[named]
	if p.State != recovery.Available {
		return Restore{}, a.nothingToRestore(named, q.Target, r.Name, would)
	}
	image, err := r.ownImage(ctx, named)
	if err != nil {
		return Restore{}, err
	}
	s := Restore{
		Source: q.Target, Region: r.Name, Image: named, ImageName: p.Name, TakenAt: p.TakenAt(), Architecture: string(image.Architecture),
		InstanceType: q.InstanceType, Notes: []string{},
		Warnings: doubts(a.Now(), a.Config.MaxPointerAge.Std(), p, would, unknown),
	}
	if attested, err := r.attested(ctx, p); err != nil || !attested {
		s.Warnings = append(s.Warnings, fmt.Sprintf("nobody attests whose image %s is: it has no signature that fits", named))
	}
	if err := s.chooseType(image.Architecture); err != nil {
		return Restore{}, err
	}
	name := p.Tags["Name"]
	if name == "" {
		name = q.Target
	}
	s.write(q, name)
	return s, nil
}

// named is what a pointer names.
func (r *Region) named(ctx context.Context, target string) (string, error) {
	name := r.Names.Parameter(target)
	out, err := r.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: &name})
	if _, missing := errors.AsType[*ssmtypes.ParameterNotFound](err); missing {
		return "", fmt.Errorf("there is no pointer %s in %s", name, r.Name)
	}
	if err != nil {
		return "", fmt.Errorf("reading %s in %s: %w", name, r.Name, err)
	}
	return aws.ToString(out.Parameter.Value), nil
}

// wouldSettle is what settling would do with a pointer.
func (r *Region) wouldSettle(ctx context.Context, target string) (PointerMove, error) {
	moves, err := settleTarget(ctx, r.rehearse(), target)
	if err != nil {
		return PointerMove{}, err
	}
	return moves[0], nil
}

// attested reports whether EC2 itself, or a signature that fits, says whose image it is.
func (r *Region) attested(ctx context.Context, p recovery.Point) (bool, error) {
	if p.Original() {
		return true, nil
	}
	return recovery.Verify(ctx, r.Key, p)
}

func (a *Account) nothingToRestore(named, target, region string, would PointerMove) error {
	err := fmt.Errorf("the pointer of %s names %s, which is not available in %s", target, named, region)
	if would.Move == pointer.Moved {
		return fmt.Errorf("%w; %s is: run \"%s\" first", err, would.To, a.File.Command("lastgood settle "+target+" --region "+region))
	}
	return fmt.Errorf("%w, and there is no other good %s", err, noun(named))
}

// doubts are the reasons to think twice before launching from where a pointer stands.
func doubts(now time.Time, maxAge time.Duration, p recovery.Point, would PointerMove, unknown error) []string {
	doubts := []string{}
	if unknown != nil {
		doubts = append(doubts, fmt.Sprintf("nobody can tell whether there is a newer one: %v", unknown))
	}
	switch {
	case p.Quarantined():
		doubts = append(doubts, fmt.Sprintf("%s is quarantined: %s", p.ID, p.Tags[recovery.TagQuarantine]))
	case would.Move == pointer.Dangling:
		doubts = append(doubts, fmt.Sprintf("the pointer is dangling: %s is not good, and nothing else is", p.ID))
	}
	if would.Move == pointer.Moved && would.To != p.ID {
		doubts = append(doubts, fmt.Sprintf("the pointer should name %s: settle it first", would.To))
	}
	if age := now.Sub(p.TakenAt()); !p.TakenAt().IsZero() && age > maxAge {
		doubts = append(doubts, fmt.Sprintf("the pointer is stale: %s was taken %s, more than %s ago", p.ID, p.TakenAt().UTC().Format(time.RFC3339), maxAge))
	}
	return doubts
}

// defaultTypes are small and current, for each architecture of an image.
var defaultTypes = map[types.ArchitectureValues]string{
	types.ArchitectureValuesX8664: "t3.medium",
	types.ArchitectureValuesI386:  "t3.medium",
	types.ArchitectureValuesArm64: "t4g.medium",
}

// chooseType chooses an instance type where none was named.
func (s *Restore) chooseType(architecture types.ArchitectureValues) error {
	if s.InstanceType != "" {
		return nil
	}
	s.InstanceType = defaultTypes[architecture]
	if s.InstanceType == "" {
		return fmt.Errorf("%s is of the architecture %s: name a type with --instance-type", s.Image, architecture)
	}
	s.Notes = append(s.Notes, fmt.Sprintf("%s is a default for %s: name the server's own type with --instance-type", s.InstanceType, architecture))
	return nil
}

// write writes the template and the commands; name becomes the server's.
func (s *Restore) write(q RestoreRequest, name string) {
	s.Commands = commands(*s, q, name)
	s.Template = template(*s, q, name)
	if q.Subnet == "" {
		s.Notes = append(s.Notes, "without --subnet it is launched in a default subnet of the default VPC")
	}
	s.Notes = append(s.Notes, "add the server's security groups and instance profile to the template: an image does not carry them")
}

// stackName is a CloudFormation stack's name: letters, digits and hyphens, a letter first.
func stackName(target string) string {
	return "restore-" + strings.Map(func(r rune) rune {
		if r == '_' || r == '.' {
			return '-'
		}
		return r
	}, target)
}
