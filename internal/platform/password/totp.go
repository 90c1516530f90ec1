package password

import (
	"encoding/base32"
	"image/color"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"kefu/internal/platform/fault"
)

// One-time codes as every authenticator app makes them (RFC 6238): six digits
// of HMAC-SHA1 over 30 seconds. A code counts one step early and one late.
const (
	totpPeriod  = 30
	totpSkew    = 1
	totpSecret  = 20 // bytes, as long as the hash (RFC 4226 section 4)
	totpMinimum = 16 // bytes a secret must have
)

// TOTPSecret is a new secret for an authenticator app. Store it encrypted; show
// it once.
type TOTPSecret struct {
	Secret string // base32, for typing in
	URL    string // otpauth://…, for a QR code
}

// NewTOTP makes a secret. Issuer and account are what the app shows.
func NewTOTP(issuer, account string) (TOTPSecret, error) {
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: issuer, AccountName: account, Period: totpPeriod, SecretSize: totpSecret, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
	})
	if err != nil {
		return TOTPSecret{}, fault.InvalidField("password.NewTOTP", "account", "issuer and account must not be empty: %v", err)
	}
	return TOTPSecret{Secret: key.Secret(), URL: key.URL()}, nil
}

// Picture is the code that an app reads off the screen (ISO/IEC 18004): a line of 0
// and 1 for each row of its modules, without the quiet margin.
func (s TOTPSecret) Picture() ([]string, error) {
	drawn, err := qr.Encode(s.URL, qr.M, qr.Auto)
	if err != nil {
		return nil, fault.Wrap("password.Picture", err)
	}
	size := drawn.Bounds().Size()
	rows := make([]string, size.Y)
	for y := range rows {
		row := make([]byte, size.X)
		for x := range row {
			row[x] = '0'
			if drawn.At(x, y) == color.Black {
				row[x] = '1'
			}
		}
		rows[y] = string(row)
	}
	return rows, nil
}

// CheckTOTP tells whether code is right at a time and was not used before.
// lastStep is what the last successful check returned, 0 before the first; the
// caller stores the new step in the same transaction that accepts the sign-in,
// and only if it is still greater than the stored one, so that a code works once
// (RFC 6238 section 5.2).
//
// Errors: Internal when the secret is empty, short or not base32. A wrong or
// used code is no error.
func CheckTOTP(secret, code string, at time.Time, lastStep int64) (step int64, ok bool, err error) {
	const op = "password.CheckTOTP"
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(strings.ToUpper(secret), "="))
	if err != nil || len(raw) < totpMinimum {
		return lastStep, false, fault.New(fault.Internal, op, "the stored secret is not one")
	}
	code = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1 // apps show 123 456
		}
		return r
	}, code)
	if len(code) != otp.DigitsSix.Length() {
		return lastStep, false, nil
	}
	now := at.Unix() / totpPeriod
	found := lastStep
	for s := now - totpSkew; s <= now+totpSkew; s++ {
		right, err := hotp.ValidateCustom(code, uint64(s), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return lastStep, false, fault.Wrap(op, err)
		}
		if right && s > found {
			found = s
		}
	}
	return found, found > lastStep, nil
}
