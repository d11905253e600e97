package secretscan

import (
	"encoding/base64"
	"math/rand/v2"
	"strings"
)

// The values of the corpus have the shapes of real ones and are made here, so that
// nothing in the repository looks like a secret to any scanner.

const (
	digits = "0123456789"
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	alnum  = digits + lower + upper
	hexes  = "0123456789abcdef"
	b64s   = alnum + "+/"
	base32 = upper + "234567"
)

// made is a text of n characters of an alphabet, the same at each run; one that is
// long enough has characters of all kinds that the alphabet has.
func made(seed uint64, alphabet string, n int) string {
	r := rand.New(rand.NewPCG(seed, 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

func in64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// sample is a file. Each § in its text stands for the next of its values.
type sample struct {
	file   string
	text   string
	values []string
}

func plant(file, text string, values ...string) sample { return sample{file, text, values} }

// content is the file with its values, and where each value begins.
func (s sample) content() (text string, offsets []int) {
	var b strings.Builder
	parts := strings.Split(s.text, "§")
	for i, p := range parts {
		b.WriteString(p)
		if i < len(parts)-1 {
			offsets = append(offsets, b.Len())
			b.WriteString(s.values[i])
		}
	}
	return b.String(), offsets
}

func pem(kind string, seed uint64, indent string) string {
	var b strings.Builder
	b.WriteString("-----BEGIN " + kind + "PRIVATE KEY-----\n")
	for i := range uint64(12) {
		b.WriteString(indent + made(seed+i, b64s, 64) + "\n")
	}
	return b.String() + indent + "-----END " + kind + "PRIVATE KEY-----"
}

// planted were written before the rules.
var planted = []sample{
	plant("app-config.production.yaml", "backend:\n  auth:\n    keys:\n      - secret: §\n", made(1, b64s, 32)),
	plant("app-config.yaml", "backend:\n  database:\n    client: pg\n    connection:\n      host: db\n      user: backstage\n      password: '§'\n", "Tr0ub4dor"+"&3-pg"),
	plant("app-config.yaml", "integrations:\n  github:\n    - host: github.com\n      token: §\n", "gh"+"p_"+made(3, alnum, 36)),
	plant("app-config.local.yaml", "auth:\n  providers:\n    github:\n      development:\n        clientId: Iv1.0011aabb\n        clientSecret: §\n", made(4, hexes, 40)),
	plant("app-config.production.yaml", "techdocs:\n  publisher:\n    type: awsS3\n    awsS3:\n      credentials:\n        accessKeyId: §\n        secretAccessKey: §\n", "AK"+"IA"+made(51, base32, 16), made(5, b64s, 40)),
	plant("app-config.yaml", "integrations:\n  gitlab:\n    - host: gitlab.acme.io\n      token: \"§\"  # bot\n", "gl"+"pat-"+made(6, alnum, 20)),
	plant("app-config.yaml", "backend:\n  cache:\n    store: redis\n    connection: redis://default:§@cache.internal:6379\n", "cachePass"+"9931"),
	plant("app-config.production.yaml", "backend:\n  auth:\n    externalAccess:\n      - type: static\n        options:\n          token: §\n          subject: ci\n", "ci-"+made(8, lower+digits, 24)),
	plant("app-config.yaml", "argocd:\n  username: admin\n  password: §\n", "argo"+"Pass77"),
	plant("app-config.yaml", "jenkins:\n  instances:\n    - name: default\n      username: bot\n      apiKey: §\n", made(10, hexes, 32)),
	plant(".env", "POSTGRES_HOST=localhost\nPOSTGRES_PASSWORD=§\n", "pgProd"+"2026x"),
	plant(".env.production", "export GITHUB_TOKEN=\"§\"\n", "github"+"_pat_"+made(12, alnum, 22)+"_"+made(121, alnum, 59)),
	plant("deploy/prod.env", "AUTH_SESSION_SECRET=§\nLOG_LEVEL=info\n", made(13, alnum, 48)),
	plant(".env", "SLACK_BOT=§\n", "xo"+"xb-"+made(14, digits, 12)+"-"+made(141, digits, 13)+"-"+made(142, alnum, 24)),
	plant("charts/backstage/values.yaml", "postgresql:\n  auth:\n    username: bn_backstage\n    password: §\n", "helmPg"+"_4417"),
	plant("charts/backstage/values-prod.yaml", "backstage:\n  extraEnvVars:\n    - name: GITLAB_TOKEN\n      value: §\n", "gl"+"pat-"+made(16, alnum, 20)),
	plant("helm/values.yaml", "backstage:\n  extraEnvVars:\n    - name: BACKEND_SECRET\n      value: \"§\"\n", made(17, b64s, 32)),
	plant("k8s/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: postgres-secrets\ntype: Opaque\ndata:\n  POSTGRES_USER: YmFja3N0YWdl\n  POSTGRES_PASSWORD: §\n", in64("prodPg"+"-8812")),
	plant("k8s/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: backstage-secrets\nstringData:\n  GITHUB_TOKEN: §\n", made(19, hexes, 40)),
	plant("k8s/deployment.yaml", "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - env:\n            - name: POSTGRES_PASSWORD\n              value: '§'\n", "k8sPw"+"!2025"),
	plant("k8s/pull.yaml", "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/dockerconfigjson\nmetadata: {name: pull}\ndata:\n  .dockerconfigjson: §\n",
		in64(`{"auths":{"ghcr.io":{"username":"bot","password":"`+made(21, alnum, 30)+`"}}}`)),
	plant(".github/workflows/ci.yml", "jobs:\n  build:\n    env:\n      NPM_TOKEN: §\n", "np"+"m_"+made(22, alnum, 36)),
	plant(".github/workflows/deploy.yaml", "      - run: docker login -u bot -p § ghcr.io\n", "dckr"+"_pat_"+made(23, alnum, 27)),
	plant(".github/workflows/e2e.yml", "        env:\n          DB_PASSWORD: §\n", "ciDb"+"Pass19"),
	plant(".gitlab-ci.yml", "variables:\n  SONAR_TOKEN: \"§\"\n", "sq"+"p_"+made(25, hexes, 40)),
	plant("Dockerfile", "FROM node:20\nARG NPM_TOKEN=§\nRUN yarn install\n", "np"+"m_"+made(26, alnum, 36)),
	plant("packages/backend/Dockerfile", "FROM node:20\nENV POSTGRES_PASSWORD §\n", "inImage"+"77pw"),
	plant("Dockerfile", "FROM node:20\nENV NODE_ENV=production BACKEND_SECRET=§\n", made(28, alnum, 32)),
	plant("docker-compose.yml", "services:\n  db:\n    image: postgres:15\n    environment:\n      POSTGRES_PASSWORD: §\n", "composePw"+"5512"),
	plant("compose.yaml", "services:\n  app:\n    environment:\n      - DATABASE_URL=postgres://app:§@db:5432/app\n", "urlPw"+"3391z"),
	plant(".npmrc", "@acme:registry=https://npm.acme.io/\n//npm.acme.io/:_authToken=§\n", made(31, hexes[:10]+"abcdef", 8)+"-1b2c-4d3e-8f4a-"+made(311, hexes, 12)),
	plant(".npmrc", "//npm.acme.io/:_password=§\n//npm.acme.io/:username=bot\n", in64("npmPw"+"-5561-long")),
	plant(".yarnrc.yml", "npmScopes:\n  acme:\n    npmAuthToken: §\n    npmRegistryServer: https://npm.acme.io\n", "np"+"m_"+made(33, alnum, 36)),
	plant("scripts/backup.sh", "#!/bin/sh\nexport PGPASSWORD=§\npg_dump backstage\n", "bkpPw"+"6620"),
	plant("scripts/call.sh", "curl -H \"Authorization: Bearer §\" https://api.acme.io/v1\n", made(35, alnum, 40)),
	plant("packages/backend/src/plugins/auth.ts", "const signer = createSigner({\n  clientSecret: '§',\n});\n", made(36, alnum, 40)),
	plant("packages/app/src/apis.ts", "const apiKey = \"§\";\n", "AI"+"za"+made(37, alnum, 35)),
	plant("packages/backend/src/db.ts", "const url = `postgresql://svc:§@db.acme.io/portal`;\n", "tsPw"+"8842q"),
	plant("k8s/tls.yaml", "apiVersion: v1\nkind: ConfigMap\ndata:\n  tls.key: |\n    §\n", pem("RSA ", 39, "    ")),
	plant("certs/github-app.pem", "§\n", pem("", 400, "")),
}
