// Secrets from the secret agent on this host. Go 1.21 or newer, standard library only.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	timeout       = 30 * time.Second
	longestWait   = 30 * time.Second
	largestAnswer = 1 << 20
)

// Secret is a user name and a password. Printed in any way, it shows no password.
type Secret struct {
	ID        string
	Username  string
	ExpiresAt time.Time
	password  string
}

// Password is a method, so that no encoder finds a field.
func (s Secret) Password() string { return s.password }

// Format keeps the password out of every verb of fmt and log.
func (s Secret) Format(state fmt.State, _ rune) {
	fmt.Fprintf(state, "%s (user %s, until %s)", s.ID, s.Username, s.ExpiresAt.Format(time.RFC3339))
}

// Refusal is the agent's no: a stable code, what it means, and what to do about it.
type Refusal struct {
	Status             int
	Code, Detail, Mend string
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s: %s\n  %s", r.Code, r.Detail, r.Mend) }

// ErrSameSecret says that the agent has no other secret than the one that was refused.
var ErrSameSecret = errors.New("the agent has no newer secret")

// Agent asks the agent and keeps each secret until its expires_at, no longer. It may be shared by goroutines.
type Agent struct {
	base   string
	client *http.Client
	mutex  sync.Mutex
	kept   map[string]Secret
}

// NewAgent takes http(s)://host:port or the path of a socket; empty: SEGURA_AGENT_ADDRESS, else http://localhost:8787.
func NewAgent(address string) (*Agent, error) {
	if address == "" {
		address = os.Getenv("SEGURA_AGENT_ADDRESS")
	}
	if address == "" {
		address = "http://localhost:8787"
	}
	// A transport of its own uses no proxy of the environment.
	transport := &http.Transport{TLSHandshakeTimeout: timeout}
	if path := address; strings.HasPrefix(path, "/") {
		address = "http://localhost"
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}
	}
	place, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if host := place.Hostname(); place.Scheme == "http" && host != "localhost" && host != "127.0.0.1" && host != "::1" {
		return nil, errors.New("http:// to another host would send token and secret unencrypted: use https://")
	}
	followNothing := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := &http.Client{Transport: transport, Timeout: timeout, CheckRedirect: followNothing}
	return &Agent{base: strings.TrimSuffix(address, "/"), client: client, kept: map[string]Secret{}}, nil
}

// Secret returns the secret as it may be used now, or a *Refusal.
func (a *Agent) Secret(ctx context.Context, id string) (Secret, error) {
	a.mutex.Lock()
	kept, found := a.kept[id]
	a.mutex.Unlock()
	if found && time.Now().Before(kept.ExpiresAt) {
		return kept, nil
	}
	secret, err := a.askPatiently(ctx, id)
	if err != nil {
		return Secret{}, err
	}
	a.mutex.Lock()
	a.kept[id] = secret
	a.mutex.Unlock()
	return secret, nil
}

// AfterRefusal returns what to log in with when refused was refused, because it was rotated; ErrSameSecret when there is nothing else.
func (a *Agent) AfterRefusal(ctx context.Context, refused Secret) (Secret, error) {
	a.mutex.Lock()
	if a.kept[refused.ID] == refused {
		delete(a.kept, refused.ID)
	}
	a.mutex.Unlock()
	secret, err := a.Secret(ctx, refused.ID)
	if err == nil && secret.Username == refused.Username && secret.password == refused.password {
		return Secret{}, ErrSameSecret
	}
	return secret, err
}

// askPatiently asks again when the agent says how soon that makes sense.
func (a *Agent) askPatiently(ctx context.Context, id string) (Secret, error) {
	for waited := time.Duration(0); ; {
		secret, retryAfter, err := a.ask(ctx, id)
		if err == nil || retryAfter == 0 || waited+retryAfter > longestWait {
			return secret, err
		}
		select {
		case <-time.After(retryAfter):
			waited += retryAfter
		case <-ctx.Done():
			return Secret{}, ctx.Err()
		}
	}
}

func (a *Agent) ask(ctx context.Context, id string) (Secret, time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+"/secret/"+id, nil)
	if err != nil {
		return Secret{}, 0, err
	}
	token, err := readToken()
	if err != nil {
		return Secret{}, 0, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return Secret{}, 0, err
	}
	defer response.Body.Close()
	var answer struct {
		SecretID           string    `json:"secret_id"`
		Username           string    `json:"username"`
		Password           string    `json:"password"`
		ExpiresAt          time.Time `json:"expires_at"`
		Code, Detail, Mend string
	}
	isOK := response.StatusCode == http.StatusOK
	err = json.NewDecoder(io.LimitReader(response.Body, largestAnswer)).Decode(&answer)
	if err != nil || isOK && answer.SecretID == "" || !isOK && answer.Code == "" {
		// The decoder's own words may quote the answer.
		return Secret{}, 0, fmt.Errorf("what answers at %s is no secret agent", a.base)
	}
	if !isOK {
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		refusal := &Refusal{response.StatusCode, answer.Code, answer.Detail, answer.Mend}
		return Secret{}, time.Duration(seconds) * time.Second, refusal
	}
	return Secret{ID: answer.SecretID, Username: answer.Username, ExpiresAt: answer.ExpiresAt, password: answer.Password}, 0, nil
}

// readToken is called each time: beside a sidecar the file holds another token when the agent has started anew.
func readToken() (string, error) {
	token, path := os.Getenv("SEGURA_AGENT_TOKEN"), os.Getenv("SEGURA_AGENT_TOKEN_FILE")
	if token != "" || path == "" {
		return token, nil
	}
	text, err := os.ReadFile(path)
	return strings.TrimSpace(string(text)), err
}
