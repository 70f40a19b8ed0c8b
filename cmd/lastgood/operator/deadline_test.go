package operator

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
)

// A Region that is down need not refuse connections: it may take them and say nothing.
func TestDeadline_ends_a_call_that_nobody_answers(t *testing.T) {
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	defer server.Close()
	defer close(over)
	client := sts.NewFromConfig(aws.Config{
		Region: "ap-northeast-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIA", "secret", ""),
		APIOptions: []func(*middleware.Stack) error{deadline(50 * time.Millisecond)},
	})
	began := time.Now()
	_, err := client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err == nil || !unanswered(err) || brief(err) != "no answer within 6s" {
		t.Errorf("error %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}
