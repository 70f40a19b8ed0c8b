package operator

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"lastgood/shared/telemetry"
)

func checkDeadLetters(ctx context.Context, p probe) ([]Finding, error) {
	client := sqs.NewFromConfig(p.AWS)
	queue, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(telemetry.DeadLetters)})
	if _, missing := errors.AsType[*types.QueueDoesNotExist](err); missing {
		return one(Fail, "the queue "+telemetry.DeadLetters+" does not exist", p.deploy()), nil
	}
	if err != nil {
		return nil, err
	}
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: queue.QueueUrl, AttributeNames: []types.QueueAttributeName{
			types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible, types.QueueAttributeNameQueueArn,
		},
	})
	if err != nil {
		return nil, err
	}
	n := 0
	for _, name := range []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	} {
		some, err := strconv.Atoi(out.Attributes[string(name)])
		if err != nil {
			return nil, fmt.Errorf("reading %s of %s: %w", name, telemetry.DeadLetters, err)
		}
		n += some
	}
	if n == 0 {
		return one(OK, "none", ""), nil
	}
	return one(Fail, fmt.Sprintf("%d; the function's log says why; once that is mended, send them back", n),
		fmt.Sprintf("aws sqs start-message-move-task --region %s --source-arn %s", p.Name, out.Attributes["QueueArn"])), nil
}
