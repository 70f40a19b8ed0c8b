package rollout

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// template is a launch template with all its versions, the oldest first.
type template struct {
	id, name string
	versions []types.LaunchTemplateVersion
}

// listVersions lists the versions of a launch template, once.
func (r *Rollout) listVersions(ctx context.Context, v *view, s Spec) {
	if v.find(s) != nil || v.lost[s.ID+s.Name] != nil {
		return
	}
	in := &ec2.DescribeLaunchTemplateVersionsInput{MaxResults: aws.Int32(versionsPerPage)}
	if in.LaunchTemplateId = &s.ID; s.ID == "" {
		in.LaunchTemplateId, in.LaunchTemplateName = nil, &s.Name
	}
	t := &template{id: s.ID, name: s.Name}
	pages := ec2.NewDescribeLaunchTemplateVersionsPaginator(r.EC2, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isCode(err, "InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateName.NotFoundException") {
			return // a group may outlive its template
		}
		if err != nil {
			v.lost[s.ID+s.Name] = fmt.Errorf("listing the versions of the launch template %s: %w", cmp.Or(s.Name, s.ID), err)
			return
		}
		for _, version := range page.LaunchTemplateVersions {
			t.id, t.name = aws.ToString(version.LaunchTemplateId), aws.ToString(version.LaunchTemplateName)
			t.versions = append(t.versions, version)
		}
	}
	slices.SortFunc(t.versions, func(a, b types.LaunchTemplateVersion) int {
		return cmp.Compare(aws.ToInt64(a.VersionNumber), aws.ToInt64(b.VersionNumber))
	})
	v.templates[t.id] = t
}

// find is the launch template of a specification, if it was listed.
func (v *view) find(s Spec) *template {
	for _, t := range v.templates {
		if s.ID != "" && t.id == s.ID || s.ID == "" && s.Name != "" && t.name == s.Name {
			return t
		}
	}
	return nil
}

// same reports whether two specifications name the same launch template.
func (v *view) same(a, b Spec) bool {
	t := v.find(a)
	return t != nil && t == v.find(b)
}

// version is what a specification names.
func (v *view) version(s Spec) (types.LaunchTemplateVersion, bool) {
	t := v.find(s)
	if t == nil || len(t.versions) == 0 {
		return types.LaunchTemplateVersion{}, false
	}
	i := slices.IndexFunc(t.versions, func(version types.LaunchTemplateVersion) bool {
		return s.Version == numberOf(version) || s.Version == "$Default" && aws.ToBool(version.DefaultVersion)
	})
	switch {
	case s.Version == "$Latest":
		return t.versions[len(t.versions)-1], true
	case i < 0:
		return types.LaunchTemplateVersion{}, false
	}
	return t.versions[i], true
}

func numberOf(version types.LaunchTemplateVersion) string {
	return fmt.Sprint(aws.ToInt64(version.VersionNumber))
}

func imageIn(version types.LaunchTemplateVersion) string {
	if version.LaunchTemplateData == nil {
		return ""
	}
	return aws.ToString(version.LaunchTemplateData.ImageId)
}

// made is how the versions that lastgood makes are described: whose image it is, the image, the version it was made of. EC2 takes
// 255 characters, which a parameter's name might exceed.
var made = regexp.MustCompile(`^lastgood (\S+) (ami-[0-9a-f]+) of version \d+$`)

// ours reports whether lastgood made a version. Versions carry no tags, and anybody who may make one can describe it
// like this, so that its image has to agree too: what was made of ours with another image is none of ours.
func ours(version types.LaunchTemplateVersion) bool {
	m := made.FindStringSubmatch(aws.ToString(version.VersionDescription))
	return m != nil && m[2] == imageIn(version)
}

// provide finds the version that is like the source but for its image, or makes it. It returns the version's number.
func (r *Rollout) provide(ctx context.Context, v *view, source types.LaunchTemplateVersion, before, now Image, follows string) (string, error) {
	id := aws.ToString(source.LaunchTemplateId)
	want := successor(*source.LaunchTemplateData, before, now)
	said, err := json.Marshal(want)
	if err != nil {
		return "", fmt.Errorf("writing down a version of the launch template %s: %w", id, err)
	}
	// The same token for all who want a version that says the same: whoever is second gets the first one's version, or hears that it
	// was asked for otherwise. A token brings back the version that it once made even when that was pruned since.
	token := digest(id, string(said))
	for range 2 {
		t := v.templates[id]
		for _, version := range slices.Backward(t.versions) {
			if version.LaunchTemplateData != nil && reflect.DeepEqual(*version.LaunchTemplateData, want) {
				return numberOf(version), nil
			}
		}
		latest := t.versions[len(t.versions)-1]
		out, err := r.EC2.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
			LaunchTemplateId:   &id,
			SourceVersion:      aws.String(numberOf(source)),
			LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: &now.ID, BlockDeviceMappings: requested(want.BlockDeviceMappings)},
			VersionDescription: aws.String(fmt.Sprintf("lastgood %s %s of version %s", follows, now.ID, numberOf(source))),
			ClientToken:        &token,
		})
		if err == nil {
			made := *out.LaunchTemplateVersion
			switch {
			case aws.ToInt64(made.VersionNumber) > aws.ToInt64(latest.VersionNumber):
				t.versions = append(t.versions, made)
				return numberOf(made), nil
			case slices.ContainsFunc(t.versions, func(version types.LaunchTemplateVersion) bool { return numberOf(version) == numberOf(made) }):
				return numberOf(made), nil // made before, and EC2 shows it otherwise than it was foreseen
			}
		} else if !isCode(err, "IdempotentParameterMismatch") {
			return "", fmt.Errorf("making a version of the launch template %s with %s: %w", t.name, now.ID, denied(err, "tag the launch template with "+TagFollow))
		}
		token = digest(token, numberOf(source), numberOf(latest))
		again := Spec{ID: id, Name: t.name}
		delete(v.templates, id)
		r.listVersions(ctx, v, again)
		if v.templates[id] == nil {
			return "", cmp.Or(v.lost[again.ID+again.Name], errors.New("the launch template "+t.name+" is gone"))
		}
	}
	return "", fmt.Errorf("EC2 makes no version of the launch template %s with %s: its client token is taken", id, now.ID)
}

func digest(parts ...string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(parts, " "))))
}

// successor is what a version says with another image. EC2 leaves out the snapshots of block devices that it inherits, which is
// right for those of the image before; others are said anew.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html
func successor(data types.ResponseLaunchTemplateData, before, now Image) types.ResponseLaunchTemplateData {
	data.ImageId = aws.String(now.ID)
	data.BlockDeviceMappings = slices.Clone(data.BlockDeviceMappings)
	for i, m := range templateMappings(data.BlockDeviceMappings) {
		if m.snapshot != "" && !m.keeps(before, now) {
			ebs := *data.BlockDeviceMappings[i].Ebs
			ebs.SnapshotId = nil
			data.BlockDeviceMappings[i].Ebs = &ebs
		}
	}
	return data
}

func templateMappings(mappings []types.LaunchTemplateBlockDeviceMapping) []mapping {
	all := make([]mapping, len(mappings))
	for i, m := range mappings {
		all[i] = mapping{device: aws.ToString(m.DeviceName), none: m.NoDevice != nil}
		if m.Ebs != nil {
			all[i].snapshot, all[i].size = aws.ToString(m.Ebs.SnapshotId), aws.ToInt32(m.Ebs.VolumeSize)
		}
	}
	return all
}

// requested says block devices to EC2, if any of them has a snapshot that would be left out.
func requested(mappings []types.LaunchTemplateBlockDeviceMapping) []types.LaunchTemplateBlockDeviceMappingRequest {
	if !slices.ContainsFunc(templateMappings(mappings), func(m mapping) bool { return m.snapshot != "" }) {
		return nil
	}
	var all []types.LaunchTemplateBlockDeviceMappingRequest
	for _, m := range mappings {
		request := types.LaunchTemplateBlockDeviceMappingRequest{DeviceName: m.DeviceName, NoDevice: m.NoDevice, VirtualName: m.VirtualName}
		if m.Ebs != nil {
			ebs := types.LaunchTemplateEbsBlockDeviceRequest(*m.Ebs)
			request.Ebs = &ebs
		}
		all = append(all, request)
	}
	return all
}
