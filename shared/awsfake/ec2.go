package awsfake

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/recovery"
)

// DescribeImages knows the filters image-id, name, source-instance-id, block-device-mapping.snapshot-id and
// tag:<key>, with wildcards; another one is an error.
func (c *Client) DescribeImages(ctx context.Context, in *ec2.DescribeImagesInput, _ ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	if byID := len(in.Filters) == 1 && *in.Filters[0].Name == "image-id"; len(in.Filters) > 1 || !slices.Equal(in.Owners, []string{"self"}) && (!byID || in.Owners != nil) {
		return nil, fmt.Errorf("the fake takes one filter at most, and the owner self except by id, not %v", in)
	}
	f := types.Filter{Name: aws.String("")}
	if len(in.Filters) == 1 {
		f = in.Filters[0]
	}
	if *f.Name == "source-instance-id" && in.NextToken == nil {
		c.process.began[c.region] = c.process.World.changes // a settling pass begins with this listing
	}
	return do(ctx, c, "DescribeImages", true, func(r *region, stale bool) (*ec2.DescribeImagesOutput, error) {
		images := r.imagesAsOf(stale)
		var found []types.Image
		for _, id := range images.ids() {
			i := images.rows[id]
			if i.state == "disabled" && !aws.ToBool(in.IncludeDisabled) {
				continue
			}
			ok, err := i.matches(f)
			if err != nil {
				return nil, err
			}
			if ok {
				found = append(found, i.wire())
			}
		}
		some, next, err := pageOf(found, in.NextToken, c.process.World.pageSize(in.MaxResults))
		return &ec2.DescribeImagesOutput{Images: some, NextToken: next}, err
	})
}

// pageOf is the part of found that follows token, of at most size, and the next token.
func pageOf[T any](found []T, token *string, size int) ([]T, *string, error) {
	from := 0
	if token != nil {
		var err error
		if from, err = strconv.Atoi(*token); err != nil || from > len(found) {
			return nil, nil, apiError("InvalidNextToken")
		}
	}
	if rest := found[from:]; size == 0 || len(rest) <= size {
		return rest, nil, nil
	}
	return found[from : from+size], aws.String(strconv.Itoa(from + size)), nil
}

func (i image) matches(f types.Filter) (bool, error) {
	key, isTag := strings.CutPrefix(*f.Name, "tag:")
	switch {
	case *f.Name == "":
		return true, nil
	case isTag:
		value, has := i.tags[key]
		return has && like(f.Values, value), nil
	case *f.Name == "block-device-mapping.snapshot-id":
		return slices.ContainsFunc(strings.Fields(i.snapshots), func(id string) bool { return slices.Contains(f.Values, id) }), nil
	case *f.Name == "name":
		return slices.Contains(f.Values, i.name), nil
	case *f.Name == "image-id":
		return slices.Contains(f.Values, i.id), nil
	case *f.Name == "source-instance-id":
		return slices.Contains(f.Values, i.sourceInstance), nil
	}
	return false, fmt.Errorf("the fake knows no filter %s", *f.Name)
}

// like reports whether value fits one of the patterns, in which * stands for any characters.
func like(patterns []string, value string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$").MatchString(value)
	})
}

func (i image) wire() types.Image {
	out := types.Image{
		ImageId:      aws.String(i.id),
		Name:         aws.String(i.name),
		State:        types.ImageState(i.state),
		CreationDate: aws.String(i.created.Format("2006-01-02T15:04:05.000Z")),
	}
	if i.sourceInstance != "" {
		out.SourceInstanceId = aws.String(i.sourceInstance)
	}
	if i.sourceImage != "" {
		out.SourceImageId, out.SourceImageRegion = aws.String(i.sourceImage), aws.String(i.sourceRegion)
	}
	if i.protected {
		out.DeregistrationProtection = aws.String("enabled-without-cooldown")
	}
	i.hardware.on(&out)
	out.Tags, out.BlockDeviceMappings = wireTags(i.tags), i.devices()
	return out
}

// CreateTags tags images and snapshots. Other keys than those of lastgood: are written on what
// a policy made, and on nothing else.
func (c *Client) CreateTags(ctx context.Context, in *ec2.CreateTagsInput, _ ...func(*ec2.Options)) (*ec2.CreateTagsOutput, error) {
	return do(ctx, c, "CreateTags", false, func(r *region, _ bool) (*ec2.CreateTagsOutput, error) {
		for _, id := range in.Resources {
			switch isSnapshot := strings.HasPrefix(id, "snap-"); {
			case r.exists(id):
			case isSnapshot:
				return nil, apiError("InvalidSnapshot.NotFound")
			default:
				return nil, apiError("InvalidAMIID.NotFound")
			}
			tags := map[string]string{}
			for _, tag := range in.Tags {
				if w := c.process.World; !strings.HasPrefix(*tag.Key, "lastgood:") && w.Tags(c.region, id)[recovery.TagRun] == "" {
					w.broken("CreateTags wrote the tag %s on %s", *tag.Key, id)
				}
				tags[*tag.Key] = *tag.Value
			}
			c.process.World.Tag(c.region, id, tags)
		}
		return &ec2.CreateTagsOutput{}, nil
	})
}
