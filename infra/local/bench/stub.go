package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
)

const (
	instanceID = "i-0123456789abcdef0"
	oldImage   = "ami-0aaaaaaaaaaaaaa01"
	newImage   = "ami-0dddddddddddddd04" // that of event.json
)

// stub answers AWS calls at once. It remembers nothing, so each invocation finds
// the same: a pointer to the old image, and a new one that it has to move to,
// which is the most that createimage ever has to do.
type stub struct {
	*httptest.Server
	mu      sync.Mutex
	calls   int
	written string // the value last put
}

func newStub() *stub {
	s := &stub{}
	s.Server = httptest.NewServer(s)
	return s
}

func (s *stub) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls, s.written = 0, ""
}

func (s *stub) seen() (calls int, written string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls, s.written
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.calls++
	s.mu.Unlock()
	if r.Header.Get("X-Amz-Target") == "" {
		describeImages(w, string(body))
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	switch r.Header.Get("X-Amz-Target") {
	case "AmazonSSM.GetParameter":
		fmt.Fprintf(w, `{"Parameter":{"Name":"/lastgood/%s","Type":"String","Value":%q,"Version":3,"DataType":"text"}}`, instanceID, oldImage)
	case "AmazonSSM.PutParameter":
		var in struct{ Value string }
		_ = json.Unmarshal(body, &in)
		s.mu.Lock()
		s.written = in.Value
		s.mu.Unlock()
		io.WriteString(w, `{"Version":4,"Tier":"Standard"}`)
	case "AmazonSSM.DeleteParameter":
		io.WriteString(w, `{}`)
	default:
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"__type":"UnknownOperationException"}`)
	}
}

// describeImages answers the three questions that settling asks.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html
func describeImages(w http.ResponseWriter, body string) {
	form, err := url.ParseQuery(body)
	if err != nil || form.Get("Action") != "DescribeImages" {
		http.Error(w, "<Response><Errors><Error><Code>InvalidAction</Code></Error></Errors></Response>", http.StatusBadRequest)
		return
	}
	var items string
	switch form.Get("Filter.1.Name") {
	case "source-instance-id":
		items = item(oldImage, "2026-08-31T02:00:03.000Z") + item(newImage, "2026-09-01T02:00:03.000Z")
	case "image-id":
		items = item(newImage, "2026-09-01T02:00:03.000Z")
	}
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	fmt.Fprintf(w, `<DescribeImagesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId><imagesSet>%s</imagesSet></DescribeImagesResponse>`, items)
}

func item(id, created string) string {
	return `<item><imageId>` + id + `</imageId><name>` + id + `</name><imageState>available</imageState><imageOwnerId>123456789012</imageOwnerId>` +
		`<creationDate>` + created + `</creationDate><sourceInstanceId>` + instanceID + `</sourceInstanceId></item>`
}
