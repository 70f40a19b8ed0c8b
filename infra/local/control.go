package local

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// The emulator's control API: what AWS does by itself, or what goes wrong there,
// done on purpose. The emulator's README describes it.

// FinishImage makes a pending image available or failed; reason goes into the
// event of a failed one. See Options.ImagePending.
func (a *AWS) FinishImage(ctx context.Context, region, imageID, state, reason string) error {
	in := map[string]string{"region": region, "imageId": imageID, "state": state, "reason": reason}
	return a.control(ctx, http.MethodPost, "images", in, nil)
}

// SetImagePending says how long images made from now on stay pending: see
// Options.ImagePending.
func (a *AWS) SetImagePending(ctx context.Context, d time.Duration) error {
	return a.control(ctx, http.MethodPost, "images/pending", map[string]float64{"seconds": d.Seconds()}, nil)
}

// FinishSnapshot makes a pending snapshot completed or error; reason goes into
// the event of a failed one. See Options.SnapshotPending.
func (a *AWS) FinishSnapshot(ctx context.Context, region, snapshotID, state, reason string) error {
	in := map[string]string{"region": region, "snapshotId": snapshotID, "state": state, "reason": reason}
	return a.control(ctx, http.MethodPost, "snapshots", in, nil)
}

// SetSnapshotPending says how long snapshots made from now on stay pending: see
// Options.SnapshotPending.
func (a *AWS) SetSnapshotPending(ctx context.Context, d time.Duration) error {
	return a.control(ctx, http.MethodPost, "snapshots/pending", map[string]float64{"seconds": d.Seconds()}, nil)
}

// FinishRefresh ends the instance refresh, or the rollback, that is under way on an Auto Scaling group: state is
// "successful" or "failed". See SetRefreshTime.
func (a *AWS) FinishRefresh(ctx context.Context, region, group, state, reason string) error {
	in := map[string]string{"region": region, "group": group, "state": state, "reason": reason}
	return a.control(ctx, http.MethodPost, "refreshes", in, nil)
}

// SetRefreshTime says how long instance refreshes and rollbacks that start from now on take; negative: until FinishRefresh.
func (a *AWS) SetRefreshTime(ctx context.Context, d time.Duration) error {
	return a.control(ctx, http.MethodPost, "refreshes/seconds", map[string]float64{"seconds": d.Seconds()}, nil)
}

// SetTags tags an image as only AWS can: with keys that begin with "aws:".
func (a *AWS) SetTags(ctx context.Context, region, imageID string, tags map[string]string) error {
	in := map[string]any{"region": region, "imageId": imageID, "tags": tags}
	return a.control(ctx, http.MethodPost, "tags", in, nil)
}

// SetRegion takes a Region down, or up again. While it is down every connection
// to it is reset, and its events wait.
func (a *AWS) SetRegion(ctx context.Context, region string, up bool) error {
	return a.control(ctx, http.MethodPost, "regions", map[string]any{"region": region, "up": up}, nil)
}

// Fault is a failure of coming calls.
type Fault struct {
	Service string `json:"service"` // as in ARNs, "ssm"; "*" for any
	Action  string `json:"action"`  // "PutParameter"; "*" for any
	Error   string `json:"error"`   // an AWS error code, or ConnectionLost

	Region      string `json:"region,omitempty"`      // default: any
	AccessKey   string `json:"accessKey,omitempty"`   // default: anybody's
	Times       int    `json:"times,omitempty"`       // how many calls fail, default 1
	AfterEffect bool   `json:"afterEffect,omitempty"` // the call takes effect, and then fails
	Message     string `json:"message,omitempty"`
	Status      int    `json:"status,omitempty"` // HTTP status; default: what AWS answers the code with
}

// ConnectionLost is the Fault.Error that ends the connection without an answer.
const ConnectionLost = "ConnectionLost"

// Fault orders a failure.
func (a *AWS) Fault(ctx context.Context, f Fault) error {
	return a.control(ctx, http.MethodPost, "faults", f, nil)
}

// ClearFaults takes back the failures that have not happened yet.
func (a *AWS) ClearFaults(ctx context.Context) error {
	return a.control(ctx, http.MethodDelete, "faults", nil, nil)
}

// Call is an API call that somebody made.
type Call struct {
	Sequence  int    `json:"sequence"` // from 1
	Time      Moment `json:"time"`
	AccessKey string `json:"accessKey"` // see AccessKey and Function
	Service   string `json:"service"`
	Action    string `json:"action"`
	Region    string `json:"region"`
	Status    int    `json:"status"` // HTTP
	Error     string `json:"error"`  // AWS error code, "" if it succeeded
}

// Calls lists the calls after the one of that sequence number; 0 for all that
// the emulator remembers.
func (a *AWS) Calls(ctx context.Context, since int) ([]Call, error) {
	var out struct{ Calls []Call }
	err := a.control(ctx, http.MethodGet, "calls?since="+strconv.Itoa(since), nil, &out)
	return out.Calls, err
}

// Moment is a time that JSON has as seconds since 1970.
type Moment struct{ time.Time }

// UnmarshalJSON reads a number.
func (m *Moment) UnmarshalJSON(raw []byte) error {
	seconds, err := strconv.ParseFloat(string(raw), 64)
	m.Time = time.UnixMicro(int64(seconds * 1e6))
	return err
}

func (a *AWS) control(ctx context.Context, method, path string, in, out any) error {
	doing := fmt.Sprintf("asking the emulator to %s %s", method, path)
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, a.Endpoint+"/_lastgood/"+path, &body)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	defer response.Body.Close()
	decode := json.NewDecoder(response.Body)
	if response.StatusCode != http.StatusOK {
		var refusal struct{ Error string }
		_ = decode.Decode(&refusal) // the status says enough if there is no more
		return fmt.Errorf("%s: it answered %s %s", doing, response.Status, refusal.Error)
	}
	if out == nil {
		return nil
	}
	if err := decode.Decode(out); err != nil {
		return fmt.Errorf("%s: reading its answer: %w", doing, err)
	}
	return nil
}
