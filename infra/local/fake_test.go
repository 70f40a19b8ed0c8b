package local

import (
	"archive/zip"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const region = "ap-northeast-1"

// fakeAWS is one function behind one queue, in every Region. A message received
// stays in flight until it is deleted or its visibility is changed.
type fakeAWS struct {
	t       *testing.T
	mapping map[string]any
	zip     []byte
	server  *httptest.Server

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced when a message becomes visible
	messages []*fakeMessage
	hastened []int // the timeouts asked for, in seconds
	down     bool
}

type fakeMessage struct {
	id, body string
	received int
	inFlight bool
}

func newFakeAWS(t *testing.T, mapping map[string]any) *fakeAWS {
	f := &fakeAWS{t: t, zip: functionZip(t), changed: make(chan struct{})}
	f.mapping = map[string]any{
		"EventSourceArn": "arn:aws:sqs:" + region + ":" + Account + ":lastgood-sample",
		"FunctionArn":    "arn:aws:lambda:" + region + ":" + Account + ":function:lastgood-sample",
		"State":          "Enabled", "BatchSize": 10, "FunctionResponseTypes": []string{"ReportBatchItemFailures"},
	}
	for name, value := range mapping {
		f.mapping[name] = value
	}
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f
}

func (f *fakeAWS) aws() *AWS { return &AWS{Endpoint: f.server.URL} }

func (f *fakeAWS) send(bodies ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, body := range bodies {
		f.messages = append(f.messages, &fakeMessage{id: fmt.Sprintf("id-%d-%s", len(f.messages), body), body: body})
	}
	f.wake()
}

func (f *fakeAWS) wake() {
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fakeAWS) setDown(down bool) {
	f.mu.Lock()
	f.down = down
	f.mu.Unlock()
	if down {
		f.server.CloseClientConnections()
	}
}

func (f *fakeAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	down := f.down && !strings.HasPrefix(r.URL.Path, "/_lastgood/")
	f.mu.Unlock()
	if down {
		panic(http.ErrAbortHandler)
	}
	switch {
	case r.URL.Path == "/2015-03-31/event-source-mappings" || r.URL.Path == "/2015-03-31/event-source-mappings/":
		json.NewEncoder(w).Encode(map[string]any{"EventSourceMappings": []any{f.mapping}})
	case strings.HasPrefix(r.URL.Path, "/2015-03-31/functions/"):
		json.NewEncoder(w).Encode(map[string]any{
			"Code": map[string]any{"Location": f.server.URL + "/code.zip"},
			"Configuration": map[string]any{"FunctionName": "lastgood-sample", "Handler": "bootstrap", "Timeout": 60, "MemorySize": 128,
				"Role": "arn:aws:iam::" + Account + ":role/sample", "Environment": map[string]any{"Variables": map[string]string{"OWN": "value"}}},
		})
	case r.URL.Path == "/_lastgood/events/idle":
		io.WriteString(w, `{"idle":true,"undelivered":0,"timers":0}`)
	case r.URL.Path == "/code.zip":
		w.Write(f.zip)
	default:
		f.serveQueue(w, r)
	}
}

func (f *fakeAWS) serveQueue(w http.ResponseWriter, r *http.Request) {
	var in struct {
		QueueUrl            string
		MaxNumberOfMessages int
		WaitTimeSeconds     int
		Entries             []struct {
			Id, ReceiptHandle string
			VisibilityTimeout int
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		f.t.Errorf("decoding a call: %v", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]any{}
	switch target := r.Header.Get("X-Amz-Target"); target {
	case "AmazonSQS.GetQueueUrl":
		out["QueueUrl"] = f.server.URL + "/" + Account + "/lastgood-sample"
	case "AmazonSQS.GetQueueAttributes":
		flying := 0
		for _, m := range f.messages {
			if m.inFlight {
				flying++
			}
		}
		out["Attributes"] = map[string]string{
			"ApproximateNumberOfMessages":           strconv.Itoa(len(f.messages) - flying),
			"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(flying),
		}
	case "AmazonSQS.ReceiveMessage":
		got := f.receive(in.MaxNumberOfMessages)
		for len(got) == 0 && in.WaitTimeSeconds > 0 && r.Context().Err() == nil {
			changed := f.changed
			f.mu.Unlock()
			select {
			case <-changed:
			case <-r.Context().Done():
			}
			f.mu.Lock()
			if r.Context().Err() == nil {
				got = f.receive(in.MaxNumberOfMessages)
			}
		}
		out["Messages"] = got
	case "AmazonSQS.DeleteMessageBatch", "AmazonSQS.ChangeMessageVisibilityBatch":
		if len(in.Entries) > 10 {
			f.t.Errorf("%s with %d entries", target, len(in.Entries))
		}
		for _, e := range in.Entries {
			i := f.find(e.ReceiptHandle)
			if target == "AmazonSQS.DeleteMessageBatch" {
				f.messages = append(f.messages[:i], f.messages[i+1:]...)
			} else {
				f.hastened = append(f.hastened, e.VisibilityTimeout)
				f.messages[i].inFlight = false
			}
		}
		f.wake()
	case "Logs_20140328.CreateLogGroup", "Logs_20140328.CreateLogStream", "Logs_20140328.PutLogEvents":
	default:
		f.t.Errorf("unexpected call %s %s %s", r.Method, r.URL, target)
		w.WriteHeader(http.StatusBadRequest)
	}
	json.NewEncoder(w).Encode(out)
}

func (f *fakeAWS) find(handle string) int {
	for i, m := range f.messages {
		if "handle of "+m.id == handle {
			return i
		}
	}
	f.t.Errorf("unknown receipt handle %q", handle)
	return 0
}

func (f *fakeAWS) receive(limit int) (got []map[string]any) {
	for _, m := range f.messages {
		if m.inFlight || len(got) == limit {
			continue
		}
		m.inFlight = true
		m.received++
		sum := md5.Sum([]byte(m.body))
		got = append(got, map[string]any{"MessageId": m.id, "ReceiptHandle": "handle of " + m.id, "Body": m.body,
			"MD5OfBody": hex.EncodeToString(sum[:]), "Attributes": map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.received)}})
	}
	return got
}

// functionZip builds testdata/function once and packs it.
var functionZip = func() func(t *testing.T) []byte {
	var once sync.Once
	var archive bytes.Buffer
	return func(t *testing.T) []byte {
		once.Do(func() {
			path := filepath.Join(t.TempDir(), "bootstrap")
			if out, err := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", path, "./testdata/function").CombinedOutput(); err != nil {
				t.Fatalf("building the function: %s", out)
			}
			program, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			archive = *bytes.NewBuffer(zipped(t, map[string]string{"bootstrap": string(program), "config.json": "{}"}))
		})
		return archive.Bytes()
	}
}()

func zipped(t *testing.T, files map[string]string) []byte {
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for name, content := range files {
		header := &zip.FileHeader{Name: name}
		header.SetMode(0o644)
		if name == "bootstrap" {
			header.SetMode(0o755)
		}
		w, err := z.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(content))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
