package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"kefu/internal/app"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
)

const userUsage = "usage: kefu user add|list|reset|role|disable|enable|code [flags] [EMAIL [ROLE]]"

// userCommand is what kefu user was told.
type userCommand struct {
	verb   string
	member signin.NewMember // its e-mail address says who is meant
}

// parseUser reads the arguments. It refuses what the verb has no use for, so that
// nobody gets more than was asked for.
func parseUser(args []string) (u userCommand, c config.Config, err error) {
	positional := map[string]int{"add": 1, "list": 0, "reset": 1, "role": 2, "disable": 1, "enable": 1, "code": 1}
	if len(args) == 0 {
		return u, c, mistake(userUsage)
	}
	u.verb = args[0]
	most, known := positional[u.verb]
	if !known {
		return u, c, mistake(fmt.Sprintf("there is no kefu user %q\n%s", u.verb, userUsage))
	}
	f := newFlags("user " + u.verb)
	if most > 0 {
		f.StringVar(&u.member.Email, "email", "", "e-mail address")
	}
	role := new(string)
	if u.verb == "add" {
		f.StringVar(&u.member.Name, "name", "", "name")
		f.StringVar(&u.member.Alias, "alias", "", "name that customers see; the first name when empty")
		f.StringVar(role, "role", string(identity.Agent), roleNames())
	}
	if u.verb == "role" {
		f.StringVar(role, "role", "", roleNames())
	}
	if c, err = f.load(args[1:], most); err != nil {
		return u, c, err
	}
	rest := f.positional
	for _, to := range []*string{&u.member.Email, role}[:most] {
		if *to == "" && len(rest) > 0 {
			*to, rest = rest[0], rest[1:]
		}
	}
	u.member.Role = identity.Role(*role)
	switch {
	case len(rest) > 0:
		return u, c, mistake(fmt.Sprintf("kefu user %s has no use for %q", u.verb, rest[0]))
	case most > 0 && u.member.Email == "":
		return u, c, mistake("the e-mail address is missing\n" + userUsage)
	case u.verb == "role" && *role == "":
		return u, c, mistake("the role is missing\n" + userUsage)
	}
	return u, c, nil
}

// roleNames lists the roles for a sentence.
func roleNames() string {
	var names []string
	for _, role := range identity.Roles() {
		names = append(names, string(role))
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func runUser(ctx context.Context, args []string) int {
	u, c, err := parseUser(args)
	if err != nil {
		return usageOr(err)
	}
	if u.verb == "code" {
		return fail(printCode(c.Data, u.member.Email))
	}
	return fail(withStore(ctx, c, func(ctx context.Context, a *app.App) error {
		switch u.verb {
		case "add":
			return addUser(ctx, a, u.member)
		case "list":
			return listUsers(ctx, a)
		case "role":
			return changeUser(ctx, a, u.member.Email, staff.Change{Role: &u.member.Role})
		case "reset":
			return resetUser(ctx, a, u.member.Email)
		default:
			disabled := u.verb == "disable"
			return changeUser(ctx, a, u.member.Email, staff.Change{Disabled: &disabled})
		}
	}))
}

// withStore runs do with a store that commits, beside a running server or not.
func withStore(ctx context.Context, c config.Config, do func(context.Context, *app.App) error) error {
	c.Log.Level = "warn"
	a, err := app.BuildCommand(ctx, c, version(), logger(c, os.Stderr))
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- a.Store.Run(running) }()
	err = do(ctx, a)
	stop()
	return errors.Join(err, <-ended, a.Close())
}

func addUser(ctx context.Context, a *app.App, n signin.NewMember) error {
	var err error
	if n.Password, err = readPassword(ctx, "kefu user add"); err != nil {
		return err
	}
	if n.Alias == "" {
		n.Alias, _, _ = strings.Cut(n.Name, " ")
	}
	enrolled, err := a.Desk.Enrol(ctx, app.CommandLine(), n)
	if fault.Is(err, fault.Conflict) {
		return fault.New(fault.Conflict, "kefu user add", "the e-mail address %q is taken", n.Email)
	}
	if err != nil {
		return err
	}
	fmt.Printf("added %s\nauthenticator app: %s\n", n.Email, enrolled.TOTP.URL)
	return nil
}

func listUsers(ctx context.Context, a *app.App) error {
	for s, err := range a.Store.AllStaff(ctx, app.CommandLine()) {
		if err != nil {
			return err
		}
		state := ""
		if s.DisabledAt != 0 {
			state = "  disabled"
		}
		fmt.Printf("%-30s %-16s %s%s\n", s.Email, s.Role, s.Name, state)
	}
	return nil
}

func changeUser(ctx context.Context, a *app.App, email string, c staff.Change) error {
	member, err := memberOf(ctx, a, email)
	if err != nil {
		return err
	}
	return a.Store.ChangeStaff(ctx, app.CommandLine(), member.ID, c)
}

// resetUser is for who has lost the password or the authenticator.
func resetUser(ctx context.Context, a *app.App, email string) error {
	member, err := memberOf(ctx, a, email)
	if err != nil {
		return err
	}
	plain, err := readPassword(ctx, "kefu user reset")
	if err != nil {
		return err
	}
	totp, err := a.Desk.Reset(ctx, app.CommandLine(), member, plain)
	if err != nil {
		return err
	}
	fmt.Printf("reset %s, whose sessions have ended\nauthenticator app: %s\n", member.Email, totp.URL)
	return nil
}

func memberOf(ctx context.Context, a *app.App, email string) (staff.Member, error) {
	member, err := a.Store.StaffByEmail(ctx, app.CommandLine(), email)
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "kefu user", "nobody has the e-mail address %q", email)
	}
	return member, err
}

func readPassword(ctx context.Context, op string) (string, error) {
	fmt.Fprint(os.Stderr, "password: ")
	defer hideTyping(os.Stdin)()
	line, failed := make(chan string, 1), make(chan error, 1)
	go func() {
		text, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil {
			failed <- fault.New(fault.Invalid, op, "no password on standard input")
			return
		}
		line <- text
	}()
	select {
	case text := <-line:
		return strings.TrimRight(text, "\r\n"), nil
	case err := <-failed:
		return "", err
	case <-ctx.Done(): // nobody waits any more for whoever was asked
		return "", ctx.Err()
	}
}

// printCode prints the present sign-in code of somebody in the demo.
func printCode(dir, email string) error {
	const op = "kefu user code"
	text, err := os.ReadFile(filepath.Join(dir, "demo.json"))
	if err != nil {
		return fault.New(fault.NotFound, op, "only the demo's people have codes here: %v", err)
	}
	var d app.Demo
	if err := json.Unmarshal(text, &d); err != nil {
		return fault.Wrap(op, err)
	}
	for _, s := range d.Staff {
		if s.Email == email {
			code, err := totp.GenerateCode(s.TOTPSecret, time.Now())
			fmt.Println(code)
			return fault.Wrap(op, err)
		}
	}
	return fault.New(fault.NotFound, op, "nobody in the demo has the e-mail address %q", email)
}
