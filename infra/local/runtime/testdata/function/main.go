// Command function is the function that the tests of package runtime run. Its
// payload says what to do; MODE says how to behave before the first invocation.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type order struct {
	Do string `json:"do"`
}

type answer struct {
	Count     int      `json:"count"` // invocations of this process
	RequestID string   `json:"requestId"`
	ARN       string   `json:"arn"`
	Deadline  int64    `json:"deadline"`
	Dir       string   `json:"dir"`
	Env       []string `json:"env"`
}

var count int

func main() {
	switch os.Getenv("MODE") {
	case "init error":
		url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/init/error"
		http.Post(url, "application/json", strings.NewReader(`{"errorType":"Config.Missing","errorMessage":"no config.json"}`))
		os.Exit(1)
	case "init exit":
		os.Exit(7)
	case "init hang":
		time.Sleep(time.Hour)
	}
	lambda.Start(handle)
}

func handle(ctx context.Context, o order) (*answer, error) {
	count++
	fmt.Println("out", o.Do)
	fmt.Fprint(os.Stderr, "err without newline")
	switch o.Do {
	case "fail":
		return nil, errors.New("it failed")
	case "panic":
		panic("it panicked")
	case "exit":
		os.Exit(3)
	case "hang":
		time.Sleep(time.Hour)
	}
	lc, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	dir, _ := os.Getwd()
	return &answer{count, lc.AwsRequestID, lc.InvokedFunctionArn, deadline.UnixMilli(), dir, os.Environ()}, nil
}
