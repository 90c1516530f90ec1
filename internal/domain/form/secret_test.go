package form_test

import (
	"testing"

	"kefu/internal/domain/form"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
)

func TestNoQuestionAsksForASecret(t *testing.T) {
	asks := func(label, help string, kind form.Kind) error {
		f := form.Form{ID: "f", Title: form.Texts{"en": "Title"}, Fields: []form.Field{{ID: "q", Kind: kind, Label: form.Texts{"en": "What is it?", "zh": label}}}}
		if help != "" {
			f.Fields[0].Help = form.Texts{"en": help}
		}
		if kind == form.Choice {
			f.Fields[0].Choices = []form.Option{{ID: "a", Label: form.Texts{"en": "I told my password"}}, {ID: "b", Label: form.Texts{"en": "No"}}}
		}
		return f.Validate()
	}
	for _, label := range []string{
		"Your password", "PASSWORD?", "Your pass-phrase", "p a s s w o r d", "pass\u200bword", "Ｐａｓｓｗｏｒｄ", "Pássword", "Your PIN", "The PIN-code", "CVV", "One-time code",
		"The 6-digit code", "The code we sent you", "Your seed phrase", "seed_phrase", "Recovery words", "Private key", "Your 12 words", "Contraseña", "Mot de passe", "Пароль",
		"支付密码", "请填写验证码", "助记词", "私钥", "密 码", "ログインパスワード", "비밀번호", "SMS code",
	} {
		if err := asks(label, "", form.Line); fault.FieldOf(err) != "fields.0.label.zh" || fault.ReasonOf(err) != settings.AsksSecret {
			t.Errorf("%q as a label: %v", label, err)
		}
		if err := asks("Which one?", label, form.Lines); fault.FieldOf(err) != "fields.0.help.en" {
			t.Errorf("%q as a help: %v", label, err)
		}
		if err := asks(label, "", form.Choice); err != nil {
			t.Errorf("%q as a choice: %v", label, err)
		}
	}
	for _, label := range []string{
		"What did the screen say?", "The error code", "Order number or tracking code", "Postal code", "Which shop?", "Opinion", "The shopping basket", "Seeds of what plant",
		"错误代码", "订单号", "快递单号", "What happened with the top-up?", "QR code",
	} {
		if err := asks(label, label, form.Line); err != nil {
			t.Errorf("%q: %v", label, err)
		}
	}
	if err := asks("What?", "Only what is shown. Never your password or a code.", form.Line); err != nil {
		t.Errorf("a warning: %v", err)
	}
	if err := asks("What?", "Never mind. Your password, please.", form.Line); fault.FieldOf(err) != "fields.0.help.en" {
		t.Errorf("a wish behind a warning: %v", err)
	}
}
