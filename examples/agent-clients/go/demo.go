package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
)

// go run . <secret id> <url>: logs in at a web server (HTTP Basic) each time that you press Enter.
func main() {
	if err := demo(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func demo(ctx context.Context, id, url string) error {
	agent, err := NewAgent("")
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		secret, err := loginWithCurrent(ctx, agent, id, url)
		if err != nil {
			return err
		}
		fmt.Printf("logged in with %v\n", secret)
	}
	return lines.Err()
}

var errLoginRefused = errors.New("the login was refused")

// loginWithCurrent logs in; when the password was rotated meanwhile, once more with the new one.
// The same one is not tried twice: accounts get locked.
func loginWithCurrent(ctx context.Context, agent *Agent, id, url string) (Secret, error) {
	secret, err := agent.Secret(ctx, id)
	if err != nil {
		return Secret{}, err
	}
	err = login(ctx, url, secret)
	if !errors.Is(err, errLoginRefused) {
		return secret, err
	}
	secret, noOther := agent.AfterRefusal(ctx, secret)
	if noOther != nil {
		return Secret{}, errors.Join(err, noOther)
	}
	return secret, login(ctx, url, secret)
}

func login(ctx context.Context, url string, secret Secret) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.SetBasicAuth(secret.Username, secret.Password())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%w with status %d", errLoginRefused, response.StatusCode)
	}
	return nil
}
