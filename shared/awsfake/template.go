package awsfake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Hardware is what an image needs of the instance it runs on.
type Hardware struct{ Architecture, Virtualization, BootMode, RootDevice string }

// SetHardware says what an image needs.
func (w *World) SetHardware(in, id string, h Hardware) {
	i := w.regions[in].images.rows[id]
	i.hardware = h
	w.put(in, i)
}

func (h Hardware) on(out *types.Image) {
	out.Architecture, out.VirtualizationType = types.ArchitectureValues(h.Architecture), types.VirtualizationType(h.Virtualization)
	out.BootMode = types.BootModeValues(h.BootMode)
	if h.RootDevice != "" {
		out.RootDeviceName = aws.String(h.RootDevice)
	}
}

func (v templateVersion) wire(name string, first bool) types.LaunchTemplateVersion {
	data := &types.ResponseLaunchTemplateData{InstanceType: types.InstanceType(v.kind)}
	if v.image != "" {
		data.ImageId = aws.String(v.image)
	}
	if v.role != "" {
		data.IamInstanceProfile = &types.LaunchTemplateIamInstanceProfileSpecification{Name: aws.String(v.role)}
	}
	for _, d := range parseDevices(v.devices) {
		data.BlockDeviceMappings = append(data.BlockDeviceMappings, types.LaunchTemplateBlockDeviceMapping{
			DeviceName: aws.String(d.name), Ebs: &types.LaunchTemplateEbsBlockDevice{SnapshotId: d.snapshot, VolumeSize: d.size, VolumeType: types.VolumeTypeGp3}})
	}
	if v.tidied {
		data.EbsOptimized = aws.Bool(false)
	}
	out := types.LaunchTemplateVersion{
		LaunchTemplateId: aws.String(templateID(name)), LaunchTemplateName: aws.String(name),
		VersionNumber: aws.Int64(v.number), DefaultVersion: aws.Bool(first), LaunchTemplateData: data,
	}
	if v.description != "" {
		out.VersionDescription = aws.String(v.description)
	}
	return out
}

type mapped struct {
	name     string
	snapshot *string
	size     *int32
}

func parseDevices(text string) []mapped {
	var all []mapped
	for part := range strings.SplitSeq(text, ",") {
		fields := strings.Fields(part)
		if len(fields) != 3 {
			continue
		}
		d := mapped{name: fields[0]}
		if fields[1] != "-" {
			d.snapshot = aws.String(fields[1])
		}
		if size, err := strconv.ParseInt(fields[2], 10, 32); err == nil && size > 0 {
			d.size = aws.Int32(int32(size))
		}
		all = append(all, d)
	}
	return all
}

func (d mapped) String() string {
	snapshot := aws.ToString(d.snapshot)
	if snapshot == "" {
		snapshot = "-"
	}
	return fmt.Sprintf("%s %s %d", d.name, snapshot, aws.ToInt32(d.size))
}

func devicesText(all []mapped) string {
	texts := make([]string, len(all))
	for i, d := range all {
		texts[i] = d.String()
	}
	return strings.Join(texts, ",")
}

// DescribeLaunchTemplateVersions takes $Default and $Latest of all templates, or one template: numbers of it, or all it has.
func (c *Client) DescribeLaunchTemplateVersions(ctx context.Context, in *ec2.DescribeLaunchTemplateVersionsInput, _ ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
	return do(ctx, c, "DescribeLaunchTemplateVersions", true, func(r *region, stale bool) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
		templates := r.scalingAsOf(stale).templates
		one := aws.ToString(in.LaunchTemplateName) + strings.TrimPrefix(aws.ToString(in.LaunchTemplateId), "lt-")
		if _, exists := templates.rows[one]; one != "" && !exists {
			return nil, apiError("InvalidLaunchTemplateId.NotFound")
		}
		if one != "" && slices.ContainsFunc(in.Versions, func(version string) bool { _, exists := templates.rows[one].of(version); return !exists }) {
			return nil, apiError("InvalidLaunchTemplateId.VersionNotFound") // and nothing of the others
		}
		var found []types.LaunchTemplateVersion
		for _, name := range templates.ids() {
			t := templates.rows[name]
			for i, v := range t.versions {
				asked := name == one && (len(in.Versions) == 0 || slices.Contains(in.Versions, strconv.FormatInt(v.number, 10))) ||
					one == "" && (i == 0 && slices.Contains(in.Versions, "$Default") || i == len(t.versions)-1 && slices.Contains(in.Versions, "$Latest"))
				if asked {
					found = append(found, v.wire(name, i == 0))
				}
			}
		}
		some, next, err := pageOf(found, in.NextToken, max(1, c.process.World.ScalingPage))
		return &ec2.DescribeLaunchTemplateVersionsOutput{LaunchTemplateVersions: some, NextToken: next}, err
	})
}

// CreateLaunchTemplateVersion inherits everything from the source version but the snapshots of its block devices.
// Making a version that says what another one says breaks the world, and so does making one that reaches another group at once.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html
func (c *Client) CreateLaunchTemplateVersion(ctx context.Context, in *ec2.CreateLaunchTemplateVersionInput, _ ...func(*ec2.Options)) (*ec2.CreateLaunchTemplateVersionOutput, error) {
	return do(ctx, c, "CreateLaunchTemplateVersion", false, func(r *region, _ bool) (*ec2.CreateLaunchTemplateVersionOutput, error) {
		w, s, name := c.process.World, r.scaling, strings.TrimPrefix(*in.LaunchTemplateId, "lt-")
		t, exists := s.templates.rows[name]
		source, has := t.of(aws.ToString(in.SourceVersion))
		if !exists || !has {
			return nil, apiError("InvalidLaunchTemplateId.VersionNotFound")
		}
		v := templateVersion{number: t.last + 1, description: aws.ToString(in.VersionDescription), image: aws.ToString(in.LaunchTemplateData.ImageId), kind: source.kind, role: source.role}
		v.devices = heirs(source.devices, in.LaunchTemplateData.BlockDeviceMappings)
		if len(v.description) > 255 { // so says the page above
			return nil, apiError("InvalidParameterValue")
		}
		token, asked := aws.ToString(in.ClientToken), aws.ToString(in.SourceVersion)+v.description+v.says()
		if made, known := t.tokens[token]; known { // whatever became of it
			number, before, _ := strings.Cut(made, " ")
			if before != asked {
				return nil, apiError("IdempotentParameterMismatch")
			}
			if _, err := fmt.Sscan(number, &v.number); err != nil {
				return nil, err
			}
			wire := v.wire(name, false)
			return &ec2.CreateLaunchTemplateVersionOutput{LaunchTemplateVersion: &wire}, nil
		}
		v.tidied = w.Tidies
		for _, other := range t.versions {
			if other.says() == v.says() {
				w.broken("version %d of %s says what version %d says: %s", v.number, name, other.number, v.says())
			}
		}
		for _, id := range s.groups.ids() {
			if g := s.groups.rows[id]; g.Template == name && strings.HasPrefix(g.Version, "$") || strings.Contains(g.Overrides, "lt-"+name+"/$") {
				w.broken("version %d of %s may reach the group %s at once", v.number, name, id)
			}
		}
		t.last = v.number
		t.versions = append(slices.Clip(t.versions), v)
		t.tokens = maps.Clone(t.tokens)
		if t.tokens == nil {
			t.tokens = map[string]string{}
		}
		t.tokens[token] = fmt.Sprintf("%d %s", v.number, asked)
		s.templates = s.templates.with(name, t)
		r.setScaling(s)
		wire := v.wire(name, false)
		return &ec2.CreateLaunchTemplateVersionOutput{LaunchTemplateVersion: &wire}, nil
	})
}

// heirs are the devices of a new version: those it was given, or those of its source without their snapshots.
func heirs(source string, given []types.LaunchTemplateBlockDeviceMappingRequest) string {
	var all []mapped
	for _, d := range parseDevices(source) {
		d.snapshot = nil
		all = append(all, d)
	}
	if given != nil {
		all = nil
	}
	for _, m := range given {
		all = append(all, mapped{*m.DeviceName, m.Ebs.SnapshotId, m.Ebs.VolumeSize})
	}
	return devicesText(all)
}

// DeleteLaunchTemplateVersions deletes versions. One that is the default, the latest, used by a group or not lastgood's breaks the world.
func (c *Client) DeleteLaunchTemplateVersions(ctx context.Context, in *ec2.DeleteLaunchTemplateVersionsInput, _ ...func(*ec2.Options)) (*ec2.DeleteLaunchTemplateVersionsOutput, error) {
	return do(ctx, c, "DeleteLaunchTemplateVersions", false, func(r *region, _ bool) (*ec2.DeleteLaunchTemplateVersionsOutput, error) {
		s, name := r.scaling, strings.TrimPrefix(*in.LaunchTemplateId, "lt-")
		t := s.templates.rows[name]
		out := &ec2.DeleteLaunchTemplateVersionsOutput{}
		for _, number := range in.Versions {
			v, exists := t.of(number)
			if !exists {
				out.UnsuccessfullyDeletedLaunchTemplateVersions = append(out.UnsuccessfullyDeletedLaunchTemplateVersions, types.DeleteLaunchTemplateVersionsResponseErrorItem{
					ResponseError: &types.ResponseError{Code: types.LaunchTemplateErrorCodeLaunchTemplateVersionDoesNotExist}})
				continue
			}
			latest := t.versions[len(t.versions)-1].number == v.number
			if users := s.users(name, v.number); v.number == t.versions[0].number || latest || len(users) > 0 || !strings.HasPrefix(v.description, "lastgood ") {
				c.process.World.broken("version %d of %s was deleted: default or latest, of somebody else (%q), or used by %v", v.number, name, v.description, users)
			}
			t.versions = slices.DeleteFunc(slices.Clone(t.versions), func(other templateVersion) bool { return other.number == v.number })
		}
		s.templates = s.templates.with(name, t)
		r.setScaling(s)
		return out, nil
	})
}
