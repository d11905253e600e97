package appconfig

import "testing"

// Values under such keys are hidden wherever they are shown.
func TestSecretKeys(t *testing.T) {
	for _, key := range []string{"backend.database.connection.password", "integrations.azure[0].personalAccessToken", "auth.keys[0].signingKey", "storage.accountKey",
		"datadog.applicationKey", "datadog.app-key", "vendor.licenseKey", "analytics.segment.writeKey", "a.subscription_key", "x.pat", "x.key"} {
		if !secretKey(key) {
			t.Errorf("%s is shown", key)
		}
	}
	for _, key := range []string{"app.title", "catalog.partitionKey", "auth.keyId", "backend.reading.allow[0].host", "techdocs.publisher.type"} {
		if secretKey(key) {
			t.Errorf("%s is hidden", key)
		}
	}
}
