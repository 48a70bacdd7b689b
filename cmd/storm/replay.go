package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// sector is what a disk writes whole, or not at all.
const sector = 512

// platter is a folder as a disk holds it: what was synced is there for good, anything
// later may or may not be after a power cut.
type platter struct {
	dir   string
	names map[string]*content // as the programs see them
	safe  map[string]*content // as synced
	moves []move              // made since the folder was synced, in order
}

// content is one file.
type content struct {
	synced []byte
	later  []event // writes and cuts since
}

// move makes a name lead to a file, or to none.
type move struct {
	name string
	to   *content
}

// newPlatter begins with what a folder holds now, as if all of it were synced.
func newPlatter(dir string) (*platter, error) {
	p := &platter{dir: dir, names: map[string]*content{}, safe: map[string]*content{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		c := &content{synced: text}
		p.names[e.Name()], p.safe[e.Name()] = c, c
	}
	return p, nil
}

// inside is the name of a file in the folder; "" if it is elsewhere. Names that are not
// whole paths are of files in the folder that the programs work in, which is this one.
func (p *platter) inside(path string) string {
	if !strings.HasPrefix(path, "/") {
		return path
	}
	if dir, name := filepath.Split(path); filepath.Clean(dir) == p.dir {
		return name
	}
	return ""
}

// apply lets one call happen.
func (p *platter) apply(e *event) {
	if e.path == p.dir && (e.call == "fsync" || e.call == "fdatasync") {
		p.settle(len(p.moves))
		return
	}
	name := p.inside(e.path)
	if name == "" {
		return
	}
	c := p.names[name]
	switch e.call {
	case "openat":
		if c == nil && e.makes {
			p.move(name, &content{})
		}
	case "pwrite64", "ftruncate":
		if c != nil {
			c.later = append(c.later, *e)
		}
	case "fsync", "fdatasync":
		if c != nil {
			p.sync(c)
		}
	case "unlink", "unlinkat":
		p.move(name, nil)
	case "rename", "renameat", "renameat2":
		p.move(name, nil)
		p.move(p.inside(e.to), c)
	}
}

func (p *platter) move(name string, to *content) {
	p.moves = append(p.moves, move{name, to})
	p.names[name] = to
}

// sync makes a file's bytes safe, and its name with all that was named before it: the
// journal of a file system keeps their order.
func (p *platter) sync(c *content) {
	c.synced, c.later = after(c.synced, c.later), nil
	for i := len(p.moves) - 1; i >= 0; i-- {
		if p.moves[i].to == c {
			p.settle(i + 1)
			return
		}
	}
}

// settle makes the first n moves safe.
func (p *platter) settle(n int) {
	for _, m := range p.moves[:n] {
		p.safe[m.name] = m.to
	}
	p.moves = p.moves[n:]
}

// after is a file after some writes and cuts.
func after(was []byte, later []event) []byte {
	now := append([]byte(nil), was...)
	for _, e := range later {
		end := e.size
		if e.call == "pwrite64" {
			end = max(int64(len(now)), e.offset+int64(len(e.data)))
		}
		if grow := end - int64(len(now)); grow > 0 {
			now = append(now, make([]byte, grow)...)
		}
		now = now[:end]
		if e.call == "pwrite64" {
			copy(now[e.offset:], e.data)
		}
	}
	return now
}

// loss is what a power cut does to writes that were not synced.
type loss string

const (
	dropped   loss = "dropped"
	retained  loss = "kept"
	reordered loss = "reordered" // any of them came, and any did not
	inPart    loss = "torn"      // … and of some only part of the sectors
)

var losses = []loss{dropped, retained, reordered, inPart}

// cut is what is found in the folder when the power comes back.
func (p *platter) cut(how loss, chance *rand.Rand) map[string][]byte {
	found := map[string]*content{}
	for name, c := range p.safe {
		found[name] = c
	}
	made := 0
	switch how {
	case retained:
		made = len(p.moves)
	case reordered, inPart:
		made = chance.IntN(len(p.moves) + 1)
	}
	for _, m := range p.moves[:made] {
		found[m.name] = m.to
	}
	files := map[string][]byte{}
	for name, c := range found {
		if c != nil && !strings.HasSuffix(name, "-shm") { // it lives in memory
			files[name] = after(c.synced, survivors(c.later, how, chance))
		}
	}
	return files
}

// survivors are the writes that reached the disk after all.
func survivors(later []event, how loss, chance *rand.Rand) []event {
	switch how {
	case dropped:
		return nil
	case retained:
		return later
	}
	var came []event
	for _, e := range later {
		switch n := chance.IntN(3); {
		case n == 0:
		case n == 1 && how == inPart && len(e.data) > sector:
			came = append(came, sectors(e, chance)...)
		default:
			came = append(came, e)
		}
	}
	return came
}

// sectors are those of a write that made it.
func sectors(e event, chance *rand.Rand) (came []event) {
	for at := 0; at < len(e.data); {
		// Sectors lie where the disk has them, not where the write begins.
		n := min(sector-int((e.offset+int64(at))%sector), len(e.data)-at)
		if chance.IntN(2) == 0 {
			came = append(came, event{call: e.call, offset: e.offset + int64(at), data: e.data[at : at+n]})
		}
		at += n
	}
	return came
}
