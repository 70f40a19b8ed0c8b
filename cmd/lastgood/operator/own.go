package operator

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// ownImage is an image of this account's with all that EC2 says of it.
func (r *Region) ownImage(ctx context.Context, id string) (types.Image, error) {
	out, err := r.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{id}, Owners: []string{"self"}, IncludeDisabled: aws.Bool(true)})
	if err == nil && len(out.Images) == 0 {
		err = errors.New("it is not this account's")
	}
	if err != nil {
		return types.Image{}, fmt.Errorf("describing %s in %s: %w", id, r.Name, err)
	}
	return out.Images[0], nil
}
