package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
)

// How large a company is, whatever it has promised.
const (
	managers = 200
	owners   = 50
)

var stockColumns = "id,customer,owner,manager,kind,title,made_at,target_date,promise_date,delivered_at,value\n"

// writeList writes n promises as a list to import: two in five are open, and of these
// one in forty is overdue and one in twenty due within two weeks; the others were
// closed within two years.
func (b *bench) writeList(n int) (path string, err error) {
	path = filepath.Join(b.dir, fmt.Sprintf("list-%d.csv", n))
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	w.WriteString(stockColumns)
	today := calendar.Default().Today(calendar.InstantOf(b.now))
	customers := max(n/50, 10)
	for i := range n {
		w.Write(stockRow(i, customers, today))
	}
	return path, w.Flush()
}

func stockRow(i, customers int, today calendar.Date) []byte {
	r := mix(uint64(i))
	day := func(from, days uint64) calendar.Date { return today + calendar.Date(from+r%days) }
	made, promise, delivered := day(0, 25)-30, day(15, 180), ""
	switch open := r >> 8 % 40; {
	case r%5 >= 2:
		made = day(0, 700) - 760
		promise = made + 20
		delivered = fmt.Sprintf("%sT15:04:05Z", made+15+calendar.Date(r%7))
	case open == 0:
		made, promise = day(0, 30)-70, day(0, 30)-31
	case open <= 2:
		promise = day(1, 13)
	}
	customer := r >> 16 % uint64(customers)
	line := make([]byte, 0, 200)
	return fmt.Appendf(line, "P-%08d,Customer %d of the north,owner %d,manager %d,kind %d,Order %d of health and beauty,%sT09:%02d:38Z,%s,%s,%s,%d.50\n",
		i, customer, r>>40%owners, customer%managers, r>>48%5, i, made, r%60, promise-6, promise, delivered, r%10_000)
}

// mix makes a number that looks random of each number, always the same (splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// newDatabase makes an empty database through the command line.
func (b *bench) newDatabase(dsn string) error {
	_, _, err := b.command(b.kept, "init", "--db", dsn, "--admin", "ada@example.com")
	return err
}

// stock gives a database of n promises as it is once the sweep has seen them all. It
// is made once a run.
func (b *bench) stock(n int) (path string, err error) {
	path = filepath.Join(b.dir, "stock-"+strconv.Itoa(n)+".db")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	list, err := b.writeList(n)
	if err != nil {
		return "", err
	}
	defer os.Remove(list)
	if err := b.newDatabase(path); err != nil {
		return "", err
	}
	begun := time.Now()
	if _, _, err := b.command(b.kept, "import", list, "--create", "--db", path); err != nil {
		return "", err
	}
	if err := b.addFacts(path); err != nil {
		return "", err
	}
	imported := time.Now()
	if err := b.firstSweep(path); err != nil {
		return "", err
	}
	fmt.Fprintf(b.out, "    stock of %d promises: made in %s, swept in %s\n", n, short(imported.Sub(begun)), short(time.Since(imported)))
	return path, nil
}

// laterFacts are what lists do not bring: half of what is open has been checked in on, a
// fifth of it called about.
var laterFacts = []string{
	`INSERT INTO check_ins (commitment_id, at, by_id, work_left, recorded_at)
		SELECT id, made_at + 86400000000, owner_id, 300, made_at + 86400000000 FROM commitments WHERE stage = 'on-track' AND delivered_at IS NULL AND id % 2 = 0`,
	`INSERT INTO touches (customer_id, commitment_id, at, by_id, channel, outcome, recorded_at)
		SELECT customer_id, id, made_at + 86400000000, owner_id, 'phone', 'still-on', made_at + 86400000000 FROM commitments WHERE stage = 'on-track' AND delivered_at IS NULL AND id % 5 = 0`,
	`UPDATE commitments SET last_fact_at = made_at + 86400000000,
		work_left = CASE WHEN id % 2 = 0 THEN 300 END, work_left_at = CASE WHEN id % 2 = 0 THEN made_at + 86400000000 END,
		checked_in_at = CASE WHEN id % 2 = 0 THEN made_at + 86400000000 END,
		called_at = CASE WHEN id % 5 = 0 THEN made_at + 86400000000 END, still_on_at = CASE WHEN id % 5 = 0 THEN made_at + 86400000000 END
		WHERE stage = 'on-track' AND delivered_at IS NULL AND (id % 2 = 0 OR id % 5 = 0)`,
}

func (b *bench) addFacts(dsn string) error {
	r, err := openRaw(b.ctx, dsn)
	if err != nil {
		return err
	}
	defer r.Close()
	for _, q := range laterFacts {
		if _, err := r.ExecContext(b.ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) firstSweep(dsn string) error {
	s, err := store.Open(b.ctx, dsn)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.Sweep(b.ctx, calendar.InstantOf(b.now)); err != nil {
		return err
	}
	return s.Checkpoint(b.ctx)
}

// copyOf is a fresh copy of a database file that nobody has open.
func (b *bench) copyOf(path, name string) (string, error) {
	from, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer from.Close()
	to, err := os.Create(filepath.Join(b.dir, name+".db"))
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	return to.Name(), errors.Join(err, to.Close())
}
