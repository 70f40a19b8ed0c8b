package main

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/jsii-runtime-go"

	"lastgood/shared/config"
	"lastgood/shared/consistency"
)

// newDocuments makes the SSM Command documents of the policies whose scripts are in the
// configuration. An error begins with the policy's path in it.
func newDocuments(stack awscdk.Stack, policies []config.Policy) error {
	for i, p := range policies {
		if p.Scripts == nil || p.Scripts.Document != "" {
			continue
		}
		if err := newDocument(stack, p); err != nil {
			return fmt.Errorf("lastgood.policies[%d].scripts: %w", i, err)
		}
	}
	return nil
}

// newDocument makes a policy's document. Another content becomes its next version, which
// leaves those that are running at work alone, and the tag lets Data Lifecycle Manager use it.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-document.html
func newDocument(stack awscdk.Stack, p config.Policy) error {
	timeout := p.Scripts.Timeout.Std()
	script := consistency.Script{
		Pre: p.Scripts.Pre, Post: p.Scripts.Post, Timeout: timeout, ThawAfter: consistency.DefaultThawAfter(timeout),
	}
	text, err := script.Document(p.Name)
	if err != nil {
		return err
	}
	var content map[string]any
	if err := json.Unmarshal(text, &content); err != nil {
		return fmt.Errorf("reading the document of policy %s: %w", p.Name, err)
	}
	awsssm.NewCfnDocument(stack, jsii.String("Document-"+p.Name), &awsssm.CfnDocumentProps{
		Name:           jsii.String(consistency.DocumentName(p.Name)),
		DocumentType:   jsii.String("Command"),
		DocumentFormat: jsii.String("JSON"),
		UpdateMethod:   jsii.String("NewVersion"),
		Content:        content,
		Tags:           &[]*awscdk.CfnTag{{Key: jsii.String(consistency.DLMTagKey), Value: jsii.String(consistency.DLMTagValue)}},
	})
	return nil
}
