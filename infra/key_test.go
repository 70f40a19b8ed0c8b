package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/telemetry"
)

// keyOf finds the key that an alias is of, with its logical id.
func keyOf(t *testing.T, tpl template, alias string) (id string, key resource) {
	t.Helper()
	for _, a := range tpl.of(t, "AWS::KMS::Alias") {
		if a.Properties["AliasName"] == alias {
			id = strings.TrimSuffix(strings.TrimPrefix(text(a.Properties["TargetKeyId"]), "${"), ".Arn}")
			return id, tpl.Resources[id]
		}
	}
	t.Fatalf("no %s", alias)
	return "", resource{}
}

func TestKey_is_one_for_signatures_and_outlives_the_stack(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		if keys := tpl.of(t, "AWS::KMS::Key"); len(keys) != 2 {
			t.Errorf("%d keys, want one for signatures and one for alarms", len(keys))
		}
		_, key := keyOf(t, tpl, "alias/lastgood")
		got := []any{key.Properties["KeySpec"], key.Properties["KeyUsage"], key.DeletionPolicy}
		if diff := cmp.Diff([]any{"HMAC_256", "GENERATE_VERIFY_MAC", "RetainExceptOnCreate"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// The key's policy names two functions' roles and those of the configuration, and leaves nothing to IAM policies that
// would let anyone else sign: no wildcard, no grants.
func TestOnly_attesting_functions_and_the_configured_roles_may_sign(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		ids := functionIDs(t, tpl)
		signers := map[string][]string{}
		_, key := keyOf(t, tpl, "alias/lastgood")
		for _, s := range statements(key.Properties["KeyPolicy"]) {
			for _, action := range s.Actions {
				if strings.Contains(action, "*") || action == "kms:CreateGrant" {
					t.Errorf("%v may do %s", s.Principals, action)
				}
				if action == "kms:GenerateMac" {
					signers["key"] = append(signers["key"], s.Principals...)
				}
			}
		}
		for f, id := range ids {
			for _, g := range granted(t, tpl, id) {
				if slices.Contains(g.Actions, "kms:GenerateMac") {
					signers["identity"] = append(signers["identity"], string(f))
				}
			}
		}
		want := map[string][]string{}
		for _, f := range []telemetry.Function{telemetry.CopyImage, telemetry.Reconcile, telemetry.SnapshotState} {
			want["key"] = append(want["key"], text(tpl.Resources[ids[f]].Properties["Role"]))
			want["identity"] = append(want["identity"], string(f))
		}
		want["key"] = append(want["key"], s.config.Signers...)
		slices.Sort(signers["identity"])
		if diff := cmp.Diff(want, signers); diff != "" {
			t.Error(diff)
		}
	})
}
