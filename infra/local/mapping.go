package local

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"lastgood/infra/local/runtime"
)

// mapping is an event source mapping between a queue and a function.
type mapping struct {
	Function
	queueARN, queueURL string
	batchSize          int           // messages
	window             time.Duration // how long to gather a batch
	concurrency        int           // 0: not limited
	partial            bool          // the function reports which messages failed
	program            runtime.Function
}

// mappings finds the enabled SQS mappings of a Region, with the code of their
// functions unpacked below dir.
func (a *AWS) mappings(ctx context.Context, region, dir string) ([]mapping, error) {
	cfg := a.Config(region, AccessKey(Poller))
	api, queues := lambda.NewFromConfig(cfg), sqs.NewFromConfig(cfg)
	var found []mapping
	pages := lambda.NewListEventSourceMappingsPaginator(api, &lambda.ListEventSourceMappingsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the event source mappings in %s: %w", region, err)
		}
		for _, source := range page.EventSourceMappings {
			arn := aws.ToString(source.EventSourceArn)
			if !strings.HasPrefix(arn, "arn:aws:sqs:") || aws.ToString(source.State) == "Disabled" {
				continue
			}
			name := arn[strings.LastIndex(arn, ":")+1:]
			queue, err := queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
			if err != nil {
				return nil, fmt.Errorf("finding queue %s in %s: %w", name, region, err)
			}
			m := mapping{
				queueARN:  arn,
				queueURL:  aws.ToString(queue.QueueUrl),
				batchSize: int(aws.ToInt32(source.BatchSize)),
				window:    time.Duration(aws.ToInt32(source.MaximumBatchingWindowInSeconds)) * time.Second,
				partial:   slices.Contains(source.FunctionResponseTypes, types.FunctionResponseTypeReportBatchItemFailures),
			}
			// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: FIFO queues have no batching window.
			if strings.HasSuffix(name, ".fifo") && (m.window > 0 || m.batchSize > 10) {
				return nil, fmt.Errorf("mapping the FIFO queue %s in %s: Lambda refuses a batching window and batches above 10", name, region)
			}
			if source.ScalingConfig != nil {
				m.concurrency = int(aws.ToInt32(source.ScalingConfig.MaximumConcurrency))
			}
			if m.batchSize == 0 {
				m.batchSize = 10 // Lambda's default for queues
			}
			if err := a.describe(ctx, api, &m, region, aws.ToString(source.FunctionArn), dir); err != nil {
				return nil, err
			}
			found = append(found, m)
		}
	}
	return found, nil
}

// describe fills in the mapping's function and fetches its code.
func (a *AWS) describe(ctx context.Context, api *lambda.Client, m *mapping, region, arn, dir string) error {
	got, err := api.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &arn})
	if err != nil {
		return fmt.Errorf("describing %s: %w", arn, err)
	}
	c := got.Configuration
	m.Function = Function{Name: aws.ToString(c.FunctionName), Region: region, Role: aws.ToString(c.Role)}
	m.AccessKey = FunctionAccessKey(region, m.Name)
	root := filepath.Join(dir, region, m.Name)
	if err := fetch(ctx, aws.ToString(got.Code.Location), root); err != nil {
		return fmt.Errorf("fetching the code of %s in %s: %w", m.Name, region, err)
	}
	env := a.environ(region, m.AccessKey)
	if c.Environment != nil {
		for name, value := range c.Environment.Variables {
			env = append(env, name+"="+value)
		}
	}
	m.program = runtime.Function{
		Name: m.Name, Region: region, ARN: arn, Root: root, Env: env,
		Handler:  aws.ToString(c.Handler),
		MemoryMB: int(aws.ToInt32(c.MemorySize)),
		Timeout:  time.Duration(aws.ToInt32(c.Timeout)) * time.Second,
	}
	return nil
}
