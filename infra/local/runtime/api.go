package runtime

import (
	"encoding/json"
	"io"
	"net/http"
)

// maxResponse is Lambda's limit for a response, in bytes.
const maxResponse = 6*1024*1024 + 100

// call is one request of the program to the Runtime API. Invoke answers it.
type call struct {
	kind  kind
	id    string // request id, of responses and errors
	body  []byte
	reply chan reply // has room for one
}

type kind int

const (
	next kind = iota
	response
	failure
	initFailure
)

type reply struct {
	status int
	header http.Header
	body   []byte
}

var accepted = reply{status: http.StatusAccepted, body: []byte(`{"status":"OK"}`)}

func refused(status int, errorType, message string) reply {
	body, _ := json.Marshal(FunctionError{Type: errorType, Message: message})
	return reply{status: status, body: body}
}

func (p *process) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", p.pass(next))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", p.pass(response))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", p.pass(failure))
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", p.pass(initFailure))
	return mux
}

// pass hands a request to Invoke, which is the only one who knows the state,
// and writes its reply.
func (p *process) pass(k kind) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxResponse+1))
		if err != nil {
			return // the program went away in the middle
		}
		c := call{kind: k, id: r.PathValue("id"), body: body, reply: make(chan reply, 1)}
		select {
		case p.calls <- c:
		case <-r.Context().Done():
			return
		}
		select {
		case answer := <-c.reply:
			for name, values := range answer.header {
				w.Header()[name] = values
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(answer.status)
			w.Write(answer.body)
		case <-r.Context().Done():
		}
	}
}
