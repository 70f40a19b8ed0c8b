package permission

import (
	"maps"
	"slices"
	"strings"

	"lastgood/shared/config"
)

// describe has nothing to be narrowed by.
func describe(actions ...string) Statement {
	return Statement{
		Actions:   actions,
		Resources: []string{"*"},
		Reason: "describing supports no resource-level permissions: " +
			"https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html",
	}
}

// consume is what Lambda's pollers do in the function's name:
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func consume(at Place) Statement {
	return Statement{
		Actions:   []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"},
		Resources: at.Queues,
	}
}

// settle lets a function look at images and bring a pointer to the newest good one.
func settle(c config.Config, at Place) []Statement {
	return []Statement{
		describe("ec2:DescribeImages"),
		{Actions: []string{"kms:VerifyMac"}, Resources: []string{at.SigningKey}},
		{
			Actions:   []string{"ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter"},
			Resources: pointers(c, at),
		},
	}
}

// sign lets a function attest a copy: lastgood's own tags, on these kinds only, and
// the signature among them.
func sign(at Place, kinds ...string) []Statement {
	var resources []string
	for _, kind := range kinds {
		resources = append(resources, at.ownerless(kind))
	}
	return []Statement{
		{
			Actions:   []string{"ec2:CreateTags"},
			Resources: resources,
			// ForAllValues is true where there are no keys at all, hence Null:
			// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
			Conditions: map[string]map[string]any{
				"ForAllValues:StringLike": {"aws:TagKeys": []any{"lastgood:*"}},
				"Null":                    {"aws:TagKeys": "false"},
			},
		},
		{Actions: []string{"kms:GenerateMac"}, Resources: []string{at.SigningKey}},
	}
}

// pointers are the parameters that lastgood writes: those named after instances and
// volumes, which need not exist yet, and each alias by its own name.
func pointers(c config.Config, at Place) []string {
	arns := []string{at.parameter(c.Parameter.Prefix + "i-*"), at.parameter(c.Parameter.Prefix + "vol-*")}
	for _, alias := range slices.Sorted(maps.Keys(c.Aliases)) {
		arns = append(arns, at.parameter(c.Parameter.Prefix+alias))
	}
	return arns
}

// readPointers lets a function read pointers by name, ten a call.
func readPointers(c config.Config, at Place) Statement {
	return Statement{Actions: []string{"ssm:GetParameters"}, Resources: pointers(c, at)}
}

// listPointers lets a function find the pointer that names an image, or all of them.
// Below a path of our own, everything is ours. The root is everybody's: there the names
// are looked at first, and only values of i-* and of aliases are read.
func listPointers(c config.Config, at Place) []Statement {
	prefix := c.Parameter.Prefix
	if prefix == "/" {
		return []Statement{
			{
				Actions:   []string{"ssm:DescribeParameters"},
				Resources: []string{"*"},
				Reason: "ssm:DescribeParameters shows names and no values, and cannot be narrowed to names that begin with i-: " +
					"https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html",
			},
			readPointers(c, at),
		}
	}
	return []Statement{{
		Actions: []string{"ssm:GetParametersByPath"},
		// The path may be asked for with and without the last slash, and IAM compares it as it was asked.
		Resources: []string{at.parameter(prefix), at.parameter(strings.TrimSuffix(prefix, "/"))},
	}}
}
