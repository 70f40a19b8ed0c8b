package inventory

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

// answers is an EC2 that answers every listing with the same images.
type answers struct {
	images []types.Image
	err    error
	asked  []*ec2.DescribeImagesInput
}

func (a *answers) DescribeImages(_ context.Context, in *ec2.DescribeImagesInput, _ ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	a.asked = append(a.asked, in)
	return &ec2.DescribeImagesOutput{Images: a.images}, a.err
}

func TestCopiesOf_leaves_out_images_of_servers_launched_from_it(t *testing.T) {
	client := &answers{images: []types.Image{
		{ImageId: aws.String(ami2), SourceImageId: aws.String(ami1), SourceImageRegion: aws.String(singapore)},
		{ImageId: aws.String(ami3), SourceImageId: aws.String(ami1), SourceImageRegion: aws.String(singapore), SourceInstanceId: aws.String(web)},
	}}
	got, err := Images{EC2: client, Region: tokyo}.CopiesOf(t.Context(), singapore, ami1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{ami2}, idsOf(got)); diff != "" {
		t.Error(diff)
	}
	var asked []string
	for _, f := range client.asked[0].Filters {
		asked = append(asked, *f.Name+"="+strings.Join(f.Values, ","))
	}
	if diff := cmp.Diff([]string{"source-image-id=" + ami1, "source-image-region=" + singapore}, asked); diff != "" || !*client.asked[0].IncludeDisabled {
		t.Errorf("disabled too: %v, filters %s", *client.asked[0].IncludeDisabled, diff)
	}
}

func TestCopiesOf_asks_for_200_at_once_and_says_what_failed(t *testing.T) {
	client := &answers{}
	ids := make([]string, 201)
	for i := range ids {
		ids[i] = nth(i)
	}
	if _, err := (Images{EC2: client, Region: tokyo}).CopiesOf(t.Context(), singapore, ids...); err != nil || len(client.asked) != 2 {
		t.Errorf("%d calls, %v", len(client.asked), err)
	}
	client.err = errors.New("no")
	if _, err := (Images{EC2: client, Region: tokyo}).CopiesOf(t.Context(), singapore, ami1); !errors.Is(err, client.err) || !strings.Contains(err.Error(), ami1) {
		t.Error(err)
	}
}
