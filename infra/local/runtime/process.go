package runtime

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	goruntime "runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is one run of the function's program, with a Runtime API of its own,
// so that a dying process cannot answer for its successor.
type process struct {
	cmd     *exec.Cmd
	api     *http.Server
	logs    *lines
	started time.Time

	calls   chan call     // what the program asks of the Runtime API
	waiting *call         // its request for the next invocation, when idle
	gone    chan struct{} // closed when the program has ended
}

func start(f Function) (*process, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the Runtime API: %w", err)
	}
	logs, err := newLines(f.Log)
	if err != nil {
		listener.Close()
		return nil, err
	}
	p := &process{logs: logs, calls: make(chan call), gone: make(chan struct{})}
	p.api = &http.Server{Handler: p.handler()}
	go p.api.Serve(listener)

	p.cmd = exec.Command(f.Command[0], f.Command[1:]...)
	p.cmd.Dir = f.Root
	p.cmd.Env = f.environ(listener.Addr().String())
	p.cmd.Stdout, p.cmd.Stderr = logs.write, logs.write
	// A group of its own: children die with it, and a terminal's interrupt does not reach it.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.started = time.Now()
	if err := p.cmd.Start(); err != nil {
		p.api.Close()
		logs.close()
		return nil, fmt.Errorf("starting function %s: %w", f.Name, err)
	}
	go func() {
		p.cmd.Wait() // its status is read from ProcessState
		close(p.gone)
	}()
	return p, nil
}

func (p *process) running() bool {
	select {
	case <-p.gone:
		return false
	default:
		return true
	}
}

// stop kills the program if it still runs, and returns its peak resident
// memory in bytes. Lambda kills functions without extensions too.
func (p *process) stop() int64 {
	var peak int64
	if p.running() {
		peak = peakOf(p.cmd.Process.Pid)
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	}
	<-p.gone
	p.api.Close()
	p.logs.close()
	if usage, ok := p.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok && peak == 0 {
		peak = usage.Maxrss
		if goruntime.GOOS != "darwin" { // macOS counts bytes, the others KiB
			peak *= 1024
		}
	}
	return peak
}

// exitReason says how the program ended, in Lambda's words.
func (p *process) exitReason() string {
	if p.cmd.ProcessState.Success() {
		return "Runtime exited without providing a reason"
	}
	return "Runtime exited with error: " + p.cmd.ProcessState.String()
}

// peakOf reads the peak resident memory of a running process, 0 where there
// is no /proc. It is preferred to rusage, which on Linux also counts what the
// starting process held before exec.
func peakOf(pid int) int64 {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, _, _ := strings.Cut(rest, "kB")
	n, err := strconv.ParseInt(strings.TrimSpace(kib), 10, 64)
	if err != nil {
		return 0
	}
	return n * 1024
}
