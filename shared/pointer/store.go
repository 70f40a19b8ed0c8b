package pointer

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

// SSM is what Store calls.
type SSM interface {
	GetParameter(context.Context, *ssm.GetParameterInput, ...func(*ssm.Options)) (*ssm.GetParameterOutput, error)
	PutParameter(context.Context, *ssm.PutParameterInput, ...func(*ssm.Options)) (*ssm.PutParameterOutput, error)
	DeleteParameter(context.Context, *ssm.DeleteParameterInput, ...func(*ssm.Options)) (*ssm.DeleteParameterOutput, error)
}

// Store reads and writes pointers in Parameter Store.
type Store struct {
	SSM       SSM
	Parameter config.Parameter
}

// value is what a parameter holds.
type value struct {
	point    string
	version  int64
	kind     types.ParameterType
	dataType string
}

// errExists says that somebody else created the parameter in between.
var errExists = errors.New("the parameter exists already")

// maxDescription is Parameter Store's limit for a description.
const maxDescription = 1024

// Name is the name of source's parameter.
func (s Store) Name(source string) string { return Names(s.Parameter.Prefix).Parameter(source) }

// get reads source's pointer; nil when there is none.
func (s Store) get(ctx context.Context, source string) (*value, error) {
	name := s.Name(source)
	out, err := s.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: &name})
	if _, missing := errors.AsType[*types.ParameterNotFound](err); missing {
		return nil, nil //nolint:nilnil // no pointer is an answer
	}
	if err != nil {
		return nil, fmt.Errorf("reading parameter %s: %w", name, err)
	}
	v := valueOf(*out.Parameter)
	return &v, nil
}

func valueOf(p types.Parameter) value {
	return value{point: aws.ToString(p.Value), version: p.Version, kind: p.Type, dataType: aws.ToString(p.DataType)}
}

// right reports whether source's v is as written by put: of the right kind and, when pinned, of version 1.
func (s Store) right(source string, v value) bool {
	return s.sameKind(source, v) && (s.Parameter.Versioning != config.Pinned || v.version == 1)
}

// Right reports whether source's parameter is of the kind that put writes. Its value does
// not matter: a parameter of which no more than type, data type and version are known will do.
func (s Store) Right(source string, p types.Parameter) bool { return s.right(source, valueOf(p)) }

// Ours reports whether a parameter may be source's pointer at all. Anything else is somebody's own.
func (s Store) Ours(source string, p types.Parameter) bool { return s.ours(source, valueOf(p)) }

// ours reports whether v may be source's pointer at all: a string that names an image, or a
// snapshot for a volume. Anything else is somebody's own parameter, which is left alone.
func (s Store) ours(source string, v value) bool {
	return v.kind == types.ParameterTypeString && recovery.Fits(v.point, source)
}

// dataType is that of source's pointer: Parameter Store knows none for snapshots.
func (s Store) dataType(source string) config.DataType {
	if recovery.IsVolumeID(source) {
		return config.Text
	}
	return s.Parameter.DataType
}

// sameKind reports whether a put may change v in place: Parameter Store changes neither
// the type nor the data type of a parameter that exists.
func (s Store) sameKind(source string, v value) bool {
	want := s.dataType(source)
	return v.kind == types.ParameterTypeString && (v.dataType == "" && want == config.Text || v.dataType == string(want))
}

// put writes a point into source's pointer. Without overwrite an existing parameter is errExists.
func (s Store) put(ctx context.Context, source, point, description string, overwrite bool) error {
	name := s.Name(source)
	_, err := s.SSM.PutParameter(ctx, &ssm.PutParameterInput{
		Name:        &name,
		Value:       &point,
		Description: aws.String(truncate(description, maxDescription)),
		Type:        types.ParameterTypeString,
		DataType:    aws.String(string(s.dataType(source))),
		Overwrite:   &overwrite,
	})
	if _, exists := errors.AsType[*types.ParameterAlreadyExists](err); exists && !overwrite {
		return errExists
	}
	if err != nil {
		return fmt.Errorf("writing %s to parameter %s: %w", point, name, err)
	}
	return nil
}

// remove deletes source's pointer, to be put again at once. One that is gone already is no error.
func (s Store) remove(ctx context.Context, source string) error {
	name := s.Name(source)
	_, err := s.SSM.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: &name})
	if _, missing := errors.AsType[*types.ParameterNotFound](err); err != nil && !missing {
		return fmt.Errorf("deleting parameter %s, to recreate it: %w", name, err)
	}
	return nil
}

// written is the value of a parameter that was just put.
func (s Store) written(source, point string) *value {
	return &value{point: point, version: 1, kind: types.ParameterTypeString, dataType: string(s.dataType(source))}
}

func truncate(s string, n int) string {
	runes := []rune(s)
	return string(runes[:min(n, len(runes))])
}
