package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/store"
)

// writers are the exported methods of Store that may change the database, found in its
// source: those that reach one of the ways to write, through whatever other methods.
func writers(t *testing.T) []string {
	t.Helper()
	calls := map[string][]string{} // by method, what it mentions of the Store
	for _, name := range goFiles(t) {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		must(t, err)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
				if receiver := receives(f, "Store"); receiver != "" {
					calls[f.Name.Name] = mentions(f.Body, receiver)
				}
			}
		}
	}
	for _, ends := range []string{"read", "trouble"} { // where what went wrong is looked into, which is no part of the work
		delete(calls, ends)
	}
	writes := map[string]bool{"write": true, "writeOnce": true, "bulkWrite": true}
	for grown := true; grown; {
		grown = false
		for name, called := range calls {
			if !writes[name] && slices.ContainsFunc(called, func(c string) bool { return writes[c] }) {
				writes[name], grown = true, true
			}
		}
	}
	maps.DeleteFunc(writes, func(name string, _ bool) bool { return !ast.IsExported(name) })
	if len(writes) < 40 {
		t.Fatalf("only %d methods that write were found: the search is wrong", len(writes))
	}
	return slices.Sorted(maps.Keys(writes))
}

func goFiles(t *testing.T) (names []string) {
	entries, err := os.ReadDir(".")
	must(t, err)
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			names = append(names, name)
		}
	}
	return names
}

// receives is the name of a method's receiver, if that points to a type.
func receives(f *ast.FuncDecl, to string) string {
	if f.Recv == nil || len(f.Recv.List[0].Names) == 0 {
		return ""
	}
	if star, ok := f.Recv.List[0].Type.(*ast.StarExpr); ok {
		if name, ok := star.X.(*ast.Ident); ok && name.Name == to {
			return f.Recv.List[0].Names[0].Name
		}
	}
	return ""
}

// mentions are the fields and methods of a variable that code mentions.
func mentions(code ast.Node, of string) (names []string) {
	ast.Inspect(code, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == of {
				names = append(names, s.Sel.Name)
			}
		}
		return true
	})
	return names
}

// asked reports whether a method is told who does it: by an Op, an Actor, or a struct
// that holds one.
func asked(t *testing.T, method string) bool {
	t.Helper()
	m, ok := reflect.TypeFor[*store.Store]().MethodByName(method)
	if !ok {
		t.Fatalf("Store has no method %s", method)
	}
	actor := reflect.TypeFor[commitments.Actor]()
	for i := range m.Type.NumIn() {
		in := m.Type.In(i)
		if in == actor {
			return true
		}
		if in.Kind() == reflect.Struct {
			if f, ok := in.FieldByName("By"); ok && f.Type == actor {
				return true
			}
		}
	}
	return false
}

// ofKept are the methods that write and are told of nobody who does it: they are Kept's
// own work, and what a person may begin of it asks for ActOperate at its door. Each has
// a reason to be here.
var ofKept = map[string]string{
	"AnswerSurvey": "the customer, who has nothing but the token",
	"Init":         "before there is anybody",
	"Sweep":        "the scheduler's", "DrySweep": "changes nothing", "Fold": "the scheduler's", "IssueDigest": "the scheduler's", "Ran": "the scheduler's",
	"ForgetPayloads": "the scheduler's",
	"Claim":          "the deliveries'", "ClaimForMail": "the deliveries'", "ClaimNotice": "the deliveries'", "AddParts": "the deliveries'",
	"Intend": "the deliveries'", "IntendMail": "the deliveries'", "MailFailed": "the deliveries'", "NoticeSent": "the deliveries'",
	"RecordFailure": "the deliveries'", "RecordSent": "the deliveries'", "RecordTold": "the deliveries'", "FoundInSlack": "the deliveries'",
	"ClaimEdits": "the deliveries'", "RecordEdit": "the deliveries'", "PutOffEdit": "the deliveries'", "StaleIn": "the deliveries'",
	"TroubleMet": "the deliveries'", "TroubleOver": "the deliveries'",
	"Once":          "Slack's app: it keeps what was answered apart from what was not",
	"Check":         "looks for damage",
	"RetryDelivery": "an operator's: the command asks",
}

// A new method that writes must say for whom, and be put to the test of rights; or be
// Kept's own, with a reason.
func TestEveryWritingMethodIsPutToATest(t *testing.T) {
	tried := map[string]bool{}
	for _, d := range deeds {
		tried[d.method] = true
	}
	for _, d := range duties {
		tried[d.method] = true
	}
	all := writers(t)
	for _, name := range all {
		kepts := ofKept[name] != ""
		switch {
		case asked(t, name) == kepts:
			t.Errorf("%s writes: it must be told who does it, or be Kept's own work; not both", name)
		case !kepts && !tried[name]:
			t.Errorf("%s writes: add it to the deeds, or duties, of the test of rights", name)
		case !kepts && acts[name] == nil && elsewhere[name] == "":
			t.Errorf("%s writes: add it to the acts of the random lives, or to what happens elsewhere", name)
		}
	}
	for _, name := range slices.Concat(keys(tried), keys(ofKept), keys(acts), keys(elsewhere)) {
		if name != "Show" && !slices.Contains(all, name) {
			t.Errorf("%s is in a table of methods that write, and does not", name)
		}
	}
}

func keys[V any](m map[string]V) []string { return slices.Collect(maps.Keys(m)) }
