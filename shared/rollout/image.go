package rollout

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Image is what an image needs of the instances it runs on, and of their devices.
type Image struct {
	ID             string
	Architecture   string
	Virtualization string
	BootMode       string
	RootDevice     string
	Devices        map[string]Device // by name
}

// Device is a block device of an image.
type Device struct {
	Snapshot string
	Size     int32 // GiB
}

func imageOf(i types.Image) Image {
	image := Image{
		ID: aws.ToString(i.ImageId), Architecture: string(i.Architecture), Virtualization: string(i.VirtualizationType),
		BootMode: string(i.BootMode), RootDevice: aws.ToString(i.RootDeviceName), Devices: map[string]Device{},
	}
	for _, m := range i.BlockDeviceMappings {
		if m.Ebs != nil {
			image.Devices[aws.ToString(m.DeviceName)] = Device{aws.ToString(m.Ebs.SnapshotId), aws.ToInt32(m.Ebs.VolumeSize)}
		}
	}
	return image
}

// boots is the boot mode that an image comes to. Without one of its own it is that of the
// instance type, which follows the architecture:
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-boot.html
func (i Image) boots() string {
	switch {
	case i.BootMode != "":
		return i.BootMode
	case i.Architecture == string(types.ArchitectureValuesArm64):
		return string(types.BootModeValuesUefi)
	}
	return string(types.BootModeValuesLegacyBios)
}

// misfit says why an image cannot take the place of another one, or nothing. Of one that is gone
// nobody knows what it was like. An image that prefers UEFI runs with either.
func (i Image) misfit(before Image) string {
	of := func(what, now, was string) string {
		return fmt.Sprintf("%s of %s is %s, and the group runs %s with %s; launch the followed instance like the group, or make the group a launch template of its own for it", what, i.ID, now, before.ID, was)
	}
	switch {
	case before.ID == "":
		return ""
	case i.Architecture != before.Architecture:
		return of("the architecture", i.Architecture, before.Architecture)
	case i.Virtualization != before.Virtualization:
		return of("the virtualization", i.Virtualization, before.Virtualization)
	case i.boots() != before.boots() && i.boots() != string(types.BootModeValuesUefiPreferred):
		return of("the boot mode", i.boots(), before.boots())
	}
	return ""
}

// mapping is a block device that a launch template or a launch configuration names.
type mapping struct {
	device   string
	snapshot string
	size     int32 // GiB; 0: as large as the image's
	none     bool  // the image's device is left out
}

// misfitDevices says why an image cannot be launched with these devices, or nothing.
func (i Image) misfitDevices(before Image, mappings []mapping) string {
	for _, m := range mappings {
		if m.device == before.RootDevice && i.RootDevice != before.RootDevice {
			return fmt.Sprintf("the root device of %s is %s, and the block devices name %s; name the other one there", i.ID, i.RootDevice, m.device)
		}
		if its, has := i.Devices[m.device]; has && m.size > 0 && m.size < its.Size && !m.keeps(before, i) && !m.none {
			return fmt.Sprintf("%s of %s has %d GiB, and the block devices say %d; say %d or more there", m.device, i.ID, its.Size, m.size, its.Size)
		}
	}
	return ""
}

// keeps reports whether a device's snapshot stays with a new image: it is a volume of its own, and none of
// the image before. Whether it was one of an image that is gone, nobody knows: then it goes where the new image
// has that device.
func (m mapping) keeps(before, now Image) bool {
	if m.snapshot == "" {
		return false
	}
	if before.ID == "" {
		_, has := now.Devices[m.device]
		return !has
	}
	return before.Devices[m.device].Snapshot != m.snapshot
}
