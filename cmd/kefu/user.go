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

func runUser(ctx context.Context, args []string) int {
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: kefu user add|list|reset|role|disable|enable|code [flags] [EMAIL [ROLE]]")
		return 2
	}
	f := newFlags("user " + args[0])
	email := f.String("email", "", "e-mail address")
	name := f.String("name", "", "name")
	alias := f.String("alias", "", "name that customers see; the first name when empty")
	role := f.String("role", string(identity.Agent), "owner, admin, supervisor, agent or auditor")
	c, err := f.load(args[1:])
	if err != nil {
		return usageOr(err)
	}
	if *email == "" {
		*email = f.Arg(0)
	}
	if args[0] == "code" {
		return fail(printCode(c.Data, *email))
	}
	return fail(withStore(ctx, c, func(ctx context.Context, a *app.App) error {
		switch args[0] {
		case "add":
			return addUser(ctx, a, signin.NewMember{Email: *email, Name: *name, Alias: *alias, Role: identity.Role(*role)})
		case "list":
			return listUsers(ctx, a)
		case "disable", "enable":
			disabled := args[0] == "disable"
			return changeUser(ctx, a, *email, staff.Change{Disabled: &disabled})
		case "role":
			next := identity.Role(f.Arg(f.NArg() - 1))
			return changeUser(ctx, a, *email, staff.Change{Role: &next})
		case "reset":
			return resetUser(ctx, a, *email)
		default:
			return fault.New(fault.Invalid, "kefu user", "there is no %q; use add, list, reset, role, disable, enable or code", args[0])
		}
	}))
}

// withStore runs do with a store that commits, beside a running server or not.
func withStore(ctx context.Context, c config.Config, do func(context.Context, *app.App) error) error {
	c.Log.Level = "warn"
	a, err := app.Build(ctx, c, version(), logger(c, os.Stderr))
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
	all, err := a.Store.ListStaff(ctx, app.CommandLine())
	for _, s := range all {
		state := ""
		if s.DisabledAt != 0 {
			state = "  disabled"
		}
		fmt.Printf("%-30s %-11s %s%s\n", s.Email, s.Role, s.Name, state)
	}
	return err
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
	all, err := a.Store.ListStaff(ctx, app.CommandLine())
	if err != nil {
		return staff.Member{}, err
	}
	for _, s := range all {
		if s.Email == strings.ToLower(strings.TrimSpace(email)) {
			return s, nil
		}
	}
	return staff.Member{}, fault.New(fault.NotFound, "kefu user", "nobody has the e-mail address %q", email)
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
