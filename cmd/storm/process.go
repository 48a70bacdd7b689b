package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// process is one kept serve.
type process struct {
	*exec.Cmd
	log   string        // the file its words go to
	up    chan struct{} // closed once it has said where it serves
	url   string        // where, once it is up
	ended chan struct{} // closed when it has ended, however
	err   error         // how, once it has
}

// serve starts a kept serve, and does not wait for it. Processes of one name write to one log.
func (r *rig) serve(name string, env ...string) (*process, error) {
	return r.serveOn(r.dsn, name, env...)
}

// serveOn is serve with another way to the database.
func (r *rig) serveOn(dsn, name string, env ...string) (*process, error) {
	return r.start(name, append([]string{r.kept}, serving(dsn)...), env...)
}

// serving are the arguments of a process that serves.
func serving(dsn string) []string {
	return []string{"serve", "--db", dsn, "--listen", "127.0.0.1:0", "--json"}
}

// start starts a command that becomes a kept serve.
func (r *rig) start(name string, command []string, env ...string) (*process, error) {
	p := &process{
		Cmd: exec.Command(command[0], command[1:]...),
		log: filepath.Join(r.dir, name+".log"), up: make(chan struct{}), ended: make(chan struct{}),
	}
	log, err := os.OpenFile(p.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.Dir, p.Env, p.Stderr = r.dir, r.environment(env...), log
	out, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.Start(); err != nil {
		return nil, err
	}
	go p.follow(out)
	return p, nil
}

func (p *process) follow(out io.Reader) {
	var said struct{ URL string }
	if json.NewDecoder(out).Decode(&said) == nil {
		p.url = said.URL
		close(p.up)
	}
	_, _ = io.Copy(io.Discard, out)
	p.err = p.Wait()
	close(p.ended)
}

// isUp says whether it has said that it serves.
func (p *process) isUp() bool {
	select {
	case <-p.up:
		return true
	default:
		return false
	}
}

// ready waits until it serves.
func (p *process) ready(ctx context.Context) error {
	select {
	case <-p.up:
		return nil
	case <-p.ended:
		return p.untimely()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// live waits for so long. It is an error if the process ends meanwhile.
func (p *process) live(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-p.ended:
		return p.untimely()
	}
}

// untimely is the error of a process that has ended though nobody told it to.
func (p *process) untimely() error {
	return fmt.Errorf("kept serve ended by itself, %s:\n%s", p.ProcessState, p.lastWords())
}

func (p *process) lastWords() []byte {
	text, _ := os.ReadFile(p.log)
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-5):], []byte("\n"))
}

// kill ends it with no chance to do anything more.
func (p *process) kill() {
	_ = p.Process.Kill()
	<-p.ended
}

// stop tells it to stop, and gives how long it took and how it ended.
func (p *process) stop() (time.Duration, error) {
	begun := time.Now()
	_ = p.Process.Signal(syscall.SIGTERM) // it may have ended by itself: then that is the error
	<-p.ended
	return time.Since(begun), p.err
}
