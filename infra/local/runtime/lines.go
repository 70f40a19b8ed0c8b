package runtime

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// mark is written into the pipe by ourselves. A pipe keeps its order, so when
// the mark comes out, everything that the program wrote before it is out too.
const mark = "\x00everything before this line was read\n"

// lines passes on what is written to a pipe, line by line.
type lines struct {
	write  *os.File
	synced chan struct{} // receives once per mark
}

func newLines(emit func(string)) (*lines, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("opening a pipe for logs: %w", err)
	}
	l := &lines{write: write, synced: make(chan struct{})}
	go func() {
		defer close(l.synced)
		defer read.Close()
		buffer := bufio.NewReader(read)
		for {
			line, err := buffer.ReadString('\n')
			line, marked := strings.CutSuffix(line, mark)
			if !marked || line != "" {
				if line = strings.TrimSuffix(line, "\n"); err == nil || line != "" {
					emit(line)
				}
			}
			if marked {
				l.synced <- struct{}{}
			}
			if err != nil {
				return
			}
		}
	}()
	return l, nil
}

// sync returns once everything written so far has been passed on.
func (l *lines) sync() {
	if _, err := l.write.WriteString(mark); err == nil {
		<-l.synced
	}
}

// close passes on what is left and ends.
func (l *lines) close() {
	l.sync()
	l.write.Close()
}
