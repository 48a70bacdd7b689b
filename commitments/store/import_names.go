package store

import (
	"encoding/json"
	"fmt"
	"strings"

	"kept/commitments"
)

// What stands where a list is silent.
const (
	noCustomer = "(no customer)"
	noOwner    = "(no owner)"
)

// maxNames bounds how many names are remembered from one batch to the next.
const maxNames = 20_000

// names are the rows of one table of named things, by the name as the list writes it.
type names struct {
	table string
	known map[string]ID
	all   []string // every name there is, for suggestions; read when first needed
	asked int      // how often
}

func newNames(table string) names { return names{table: table, known: map[string]ID{}} }

const ambiguous ID = -1 // two people share the name

// seek looks up the names of a batch, and gives those that are not there, each once,
// by how they are compared.
func (n *names) seek(t *tx, batch []string) (missing map[string]string, order []string, err error) {
	if len(n.known) > maxNames {
		clear(n.known)
	}
	wanted := map[string][]string{}
	for _, name := range batch {
		if _, ok := n.known[name]; name == "" || ok {
			continue
		}
		key := nameKey(name)
		if wanted[key] == nil {
			order = append(order, key)
		}
		wanted[key] = append(wanted[key], name)
	}
	if len(wanted) == 0 {
		return nil, nil, nil
	}
	ids, err := n.find(t, order)
	if err != nil {
		return nil, nil, err
	}
	missing = map[string]string{}
	for key, written := range wanted {
		id, found := ids[key]
		if !found {
			missing[key] = written[0]
		}
		for _, name := range written {
			if found {
				n.known[strings.Clone(name)] = id
			}
		}
	}
	return missing, order, nil
}

// find gives the ids of the rows with these names. People are known by their address
// too; nobody is by a number, which in a list is somebody else's number.
func (n *names) find(t *tx, keys []string) (map[string]ID, error) {
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	ids := make(map[string]ID, len(keys))
	var rows []struct {
		Key string `db:"key"`
		ID  ID     `db:"id"`
	}
	where := " WHERE name_key IN " + t.s.d.texts
	if n.table == "people" {
		where += " AND erased_at IS NULL"
	}
	if err := t.all(&rows, "SELECT name_key AS key, id FROM "+n.table+where, string(list)); err != nil {
		return nil, err
	}
	for _, r := range rows {
		if ids[r.Key] != 0 {
			r.ID = ambiguous
		}
		ids[r.Key] = r.ID
	}
	if n.table != "people" {
		return ids, nil
	}
	rows = rows[:0]
	err = t.all(&rows, "SELECT email AS key, id FROM people WHERE email <> '' AND erased_at IS NULL AND email IN "+t.s.d.texts, string(list))
	for _, r := range rows {
		ids[r.Key] = r.ID
	}
	return ids, err
}

// resolve finds what the rows of a batch name, and makes what is missing if the import
// may; else it rejects the rows.
func (im *importer) resolve(rows []importRow) error {
	for i := range rows {
		im.fill(&rows[i])
	}
	if err := im.resolvePeople(rows); err != nil {
		return err
	}
	for _, in := range []struct {
		names  *names
		column string
		cell   func(*importRow) (string, *ID)
	}{
		{&im.teams, "team", func(r *importRow) (string, *ID) { return r.team, &r.teamID }},
		{&im.kinds, "kind", func(r *importRow) (string, *ID) { return r.kind, &r.kindID }},
		{&im.customers, "customer", func(r *importRow) (string, *ID) { return r.customer, &r.customerID }},
	} {
		if err := im.resolveColumn(rows, in.names, in.column, in.cell); err != nil {
			return err
		}
	}
	return nil
}

// fill says who is meant where a new promise names nobody. What is there already keeps
// its own.
func (im *importer) fill(r *importRow) {
	if r.rejected != nil || r.id != 0 {
		return
	}
	if r.customer == "" {
		r.customer = noCustomer
	}
	if r.owner == "" && im.o.Create {
		r.owner = noOwner
	}
}

// resolvePeople goes first: who is ambiguous cannot be made, and rejects the row
// before anything is made for it.
func (im *importer) resolvePeople(rows []importRow) error {
	if err := im.resolveColumn(rows, &im.people, "owner", func(r *importRow) (string, *ID) { return r.owner, &r.ownerID }); err != nil {
		return err
	}
	return im.resolveColumn(rows, &im.people, "manager", func(r *importRow) (string, *ID) { return r.manager, &r.boss })
}

func (im *importer) resolveColumn(rows []importRow, n *names, column string, cell func(*importRow) (string, *ID)) error {
	batch := make([]string, 0, len(rows))
	for i := range rows {
		if name, _ := cell(&rows[i]); rows[i].rejected == nil {
			batch = append(batch, name)
		}
	}
	missing, order, err := n.seek(im.t, batch)
	if err != nil {
		return err
	}
	made, err := im.make(n.table, column, missing, order)
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		name, into := cell(r)
		if r.rejected != nil || name == "" {
			continue
		}
		id, ok := n.known[name]
		if !ok {
			if id = made[nameKey(name)]; id != 0 {
				n.known[strings.Clone(name)] = id
			}
		}
		switch {
		case id == ambiguous:
			r.rejected = &Rejected{r.number, column, printable(name), "is the name of several people: write the e-mail address"}
		case id == 0:
			r.rejected = &Rejected{r.number, column, printable(name), im.unknown(n, column, name)}
		}
		*into = id
	}
	return nil
}

// make adds what is missing, and gives its ids by name as compared.
func (im *importer) make(table, column string, missing map[string]string, order []string) (map[string]ID, error) {
	made := map[string]ID{}
	if !im.o.Create {
		if _, silent := missing[noCustomer]; silent && table == "customers" {
			return im.makeCustomers(map[string]string{noCustomer: noCustomer}, []string{noCustomer})
		}
		return nil, nil
	}
	if table == "customers" {
		return im.makeCustomers(missing, order)
	}
	for _, key := range order {
		name, ok := missing[key]
		if !ok {
			continue
		}
		id, err := im.makeOne(table, column, strings.Clone(name))
		if err != nil {
			return nil, err
		}
		made[key] = id
	}
	if table == "teams" && len(made) > 0 {
		var err error
		if im.book, err = im.t.book(); err != nil {
			return nil, err
		}
	}
	return made, nil
}

func (im *importer) makeOne(table, column, name string) (ID, error) {
	switch table {
	case "teams":
		return im.t.addTeam(name, im.by.ID)
	case "kinds":
		return im.t.addKind(name, im.by.ID)
	}
	role := commitments.Member
	if column == "manager" {
		role = commitments.Manager
	}
	email, err := emailAddress(column, name)
	if err != nil {
		email = "" // a name with an @ in it
	}
	return im.t.addPerson(name, email, role, im.by.ID)
}

// makeCustomers adds customers, with an event each.
func (im *importer) makeCustomers(missing map[string]string, order []string) (map[string]ID, error) {
	if len(missing) == 0 {
		return nil, nil
	}
	ids, err := im.t.reserve("customers", len(missing))
	if err != nil {
		return nil, err
	}
	made := make(map[string]ID, len(missing))
	rows := make([][]any, 0, len(missing))
	for _, key := range order {
		name, ok := missing[key]
		if !ok {
			continue
		}
		id := ids[len(rows)]
		made[key] = id
		rows = append(rows, []any{int64(id), name, key, int64(im.t.now)})
		im.similar.add(name)
	}
	if err := im.w.insert("customers", []string{"id", "name", "name_key", "created_at"}, rows); err != nil {
		return nil, err
	}
	_, err = im.t.exec(`INSERT INTO events (at, recorded_at, actor_id, kind, subject, subject_id)
		SELECT created_at, created_at, CAST(? AS BIGINT), 'created', 'customer', id FROM customers WHERE id IN `+im.t.s.d.ids+" ORDER BY id", im.by.ID, idList(ids))
	return made, err
}

// unknown is what to do about a name that is not there. The nearest are looked for only
// as long as rejected rows are listed.
func (im *importer) unknown(n *names, column, name string) string {
	const otherwise = "correct it, or add --create"
	if n.asked++; n.asked > maxRejected {
		return "is not known: " + otherwise
	}
	if n.all == nil {
		query := "SELECT name FROM " + n.table
		if n.table == "people" {
			query = "SELECT name FROM people WHERE erased_at IS NULL UNION SELECT email FROM people WHERE email <> ''"
		}
		if err := im.t.all(&n.all, query); err != nil {
			n.all = []string{}
		}
	}
	return fmt.Sprintf("no such %s: %s", column, suggestion(name, n.all, otherwise))
}

// lookalikes notices customers whose names differ by marks or legal forms only.
type lookalikes struct {
	names    map[string]string // bare name → name
	warnings []commitments.Warning
}

// maxSimilar bounds the names that are compared, maxWarnings what is said of them.
const (
	maxSimilar  = 50_000
	maxWarnings = 10
)

func (l *lookalikes) load(t *tx) error {
	var names []string
	if err := t.all(&names, "SELECT name FROM customers ORDER BY id LIMIT ?", maxSimilar); err != nil {
		return err
	}
	l.names = make(map[string]string, len(names))
	for _, n := range names {
		l.names[bareName(n)] = n
	}
	return nil
}

func (l *lookalikes) add(name string) {
	if len(l.names) >= maxSimilar {
		return
	}
	bare := bareName(name)
	other, known := l.names[bare]
	if known && len(l.warnings) < maxWarnings {
		l.warnings = append(l.warnings, commitments.Warning{Code: "similar-customer", Text: fmt.Sprintf("the customers %q and %q look like one", other, name)})
	}
	if !known {
		l.names[bare] = strings.Clone(name)
	}
}
