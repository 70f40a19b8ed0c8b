package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"

	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

// instance launches an instance in the main Region.
func (w *world) instance(name string) string {
	w.Helper()
	return w.instances(name)[0]
}

// instances launches instances in the main Region; their ids are in the order of the names.
func (w *world) instances(names ...string) []string {
	w.Helper()
	client := w.ec2(mainRegion)
	base, err := client.RegisterImage(w.Context(), &ec2.RegisterImageInput{
		Name: aws.String(fmt.Sprintf("base of %v", names)), RootDeviceName: aws.String("/dev/xvda"),
		Architecture: ec2types.ArchitectureValuesX8664, VirtualizationType: aws.String("hvm"),
	})
	w.check(err)
	w.made(mainRegion, *base.ImageId, "base")
	count := aws.Int32(int32(len(names)))
	ran, err := client.RunInstances(w.Context(), &ec2.RunInstancesInput{ImageId: base.ImageId, MinCount: count, MaxCount: count})
	w.check(err)
	var ids []string
	for _, i := range ran.Instances {
		ids = append(ids, *i.InstanceId)
	}
	slices.Sort(ids)
	for i, name := range names {
		w.called[ids[i]] = name
	}
	return ids
}

// image makes an image of an instance in the main Region and waits until it is available.
func (w *world) image(instance, name string) string {
	w.Helper()
	id := w.pending(instance, name)
	w.check(w.aws.FinishImage(w.Context(), mainRegion, id, "available", ""))
	return id
}

// pending makes an image of an instance in the main Region, which stays pending.
func (w *world) pending(instance, name string) string {
	w.Helper()
	made, err := w.ec2(mainRegion).CreateImage(w.Context(), &ec2.CreateImageInput{InstanceId: &instance, Name: &name})
	w.check(err)
	return w.made(mainRegion, *made.ImageId, name)
}

// copy copies an image of the main Region to the DR Region and waits until it is available. Nobody signs it.
func (w *world) copy(image, name string) string {
	w.Helper()
	made, err := w.ec2(drRegion).CopyImage(w.Context(), &ec2.CopyImageInput{
		SourceRegion: aws.String(mainRegion), SourceImageId: &image, Name: &name,
	})
	w.check(err)
	w.check(w.aws.FinishImage(w.Context(), drRegion, *made.ImageId, "available", ""))
	return w.made(drRegion, *made.ImageId, name)
}

// made remembers an image by its name, and has it gone after the test, so that another may use the name.
func (w *world) made(region, image, name string) string {
	w.called[image] = name
	w.Cleanup(func() { // one that the test deregistered is gone already
		_, _ = w.ec2(region).DeregisterImage(context.Background(), &ec2.DeregisterImageInput{ImageId: &image})
	})
	return image
}

// sign attests, as copyimage does, that an image is of that source and was taken then.
func (w *world) sign(region, image, source string, takenAt time.Time) {
	w.Helper()
	tags, err := recovery.Claim{Region: region, Point: image, Source: source, TakenAt: takenAt}.Tags(w.Context(), w.key(region))
	w.check(err)
	w.tag(region, image, tags)
}

// signedCopy is a copy in the DR Region that is attested as of the source, its original taken that long ago.
func (w *world) signedCopy(image, source, name string, age time.Duration) string {
	w.Helper()
	id := w.copy(image, name)
	w.sign(drRegion, id, source, time.Now().Add(-age))
	return id
}

func (w *world) tag(region, image string, tags map[string]string) {
	w.Helper()
	in := &ec2.CreateTagsInput{Resources: []string{image}}
	for key, value := range tags {
		in.Tags = append(in.Tags, ec2types.Tag{Key: &key, Value: &value})
	}
	_, err := w.ec2(region).CreateTags(w.Context(), in)
	w.check(err)
}

// tags are an image's tags.
func (w *world) tags(region, image string) map[string]string {
	w.Helper()
	out, err := w.ec2(region).DescribeImages(w.Context(), &ec2.DescribeImagesInput{ImageIds: []string{image}})
	w.check(err)
	tags := map[string]string{}
	for _, tag := range out.Images[0].Tags {
		tags[*tag.Key] = *tag.Value
	}
	return tags
}

func (w *world) deregister(region, image string) {
	w.Helper()
	_, err := w.ec2(region).DeregisterImage(w.Context(), &ec2.DeregisterImageInput{ImageId: &image})
	if said, is := errors.AsType[smithy.APIError](err); is && said.ErrorCode() == "InvalidAMIID.Unavailable" {
		return // the answer was lost, and the SDK asked again
	}
	w.check(err)
}

func (w *world) parameter(source string) string {
	return pointer.Names(w.config.Parameter.Prefix).Parameter(source)
}

// point makes a source's pointer, or an alias, name an image.
func (w *world) point(region, source, image string) {
	w.Helper()
	_, err := w.ssm(region).PutParameter(w.Context(), &ssm.PutParameterInput{
		Name: aws.String(w.parameter(source)), Value: &image, Type: ssmtypes.ParameterTypeString,
		DataType: aws.String(string(w.config.Parameter.DataType)), Overwrite: aws.Bool(true),
	})
	w.check(err)
}

// pointer is what a source's pointer names, "" where there is none.
func (w *world) pointer(region, source string) string {
	w.Helper()
	out, err := w.ssm(region).GetParameter(w.Context(), &ssm.GetParameterInput{Name: aws.String(w.parameter(source))})
	if _, missing := errors.AsType[*ssmtypes.ParameterNotFound](err); missing {
		return ""
	}
	w.check(err)
	return *out.Parameter.Value
}
