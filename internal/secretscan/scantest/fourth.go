package scantest

var plantedFourth = []Sample{
	plant("app-config.yaml", "proxy:\n  endpoints:\n    /datadog:\n      target: https://api.datadoghq.eu\n      headers:\n        DD-API-KEY: §\n        DD-APPLICATION-KEY: §\n", Made(901, hexes, 32), Made(902, hexes, 40)),
	plant("app-config.production.yaml", "proxy:\n  endpoints:\n    /opsgenie:\n      target: https://api.opsgenie.com\n      headers:\n        Authorization: GenieKey §\n", Made(903, hexes, 8)+"-"+Made(904, hexes, 4)+"-"+Made(905, hexes, 4)+"-"+Made(906, hexes, 12)),
	plant("app-config.production.yaml", "proxy:\n  endpoints:\n    /es:\n      headers:\n        Authorization: ApiKey §\n", in64(Made(907, alnum, 20)+":"+Made(908, alnum, 22))),
	plant(".env", "NEW_RELIC_LICENSE_KEY=§\nDD_APP_KEY=§\n", Made(909, hexes, 36)+"NRAL", Made(910, hexes, 40)),
	plant(".gitlab-ci.yml", "build:\n  script:\n    - docker login -u robot -p § registry.acme.io\n", Made(911, alnum, 20)),
	plant("scripts/push.sh", "helm registry login reg.acme.io -u robot -p '§'\nsshpass -p § ssh deploy@host\n", Made(912, alnum, 16), "hostPw"+"-77q1"),
	plant(".env.staging", "AZURE_STORAGE_KEY=§\nCOOKIE_KEY=§\n", Made(915, b64s, 86)+"==", Made(916, alnum, 32)),
	plant("Jenkinsfile", "sh \"podman login -u bot -p § quay.io\"\n", Made(913, alnum, 24)),
	plant("infra/main.tf", "resource \"aws_db_instance\" \"portal\" {\n  username = \"portal\"\n  password = \"§\"\n}\n", Made(914, alnum, 18)),
}

var innocentFourth = []Sample{
	plant("k8s/deployment.yaml", "metadata:\n  annotations:\n    checksum/secret: §\n    checksum/config: §\n    vault.hashicorp.com/agent-inject-secret-db: database/creds/portal-1\n", Made(951, hexes, 64), Made(952, hexes, 64)),
	plant(".github/workflows/a.yml", "      - run: docker login -u \"$USER\" -p \"$PASS\" ghcr.io\n      - run: docker login -u x -p ${{ secrets.GHCR_TOKEN }} ghcr.io\n      - run: docker login ghcr.io --password-stdin\n"),
	plant(".gitlab-ci.yml", "script:\n  - docker login -u $CI_REGISTRY_USER -p $CI_REGISTRY_PASSWORD $CI_REGISTRY\n  - az login --service-principal -u $ID -p /run/secrets/cert.pem; mkdir -p build/out-2\n"),
	plant("app-config.yaml", "proxy:\n  endpoints:\n    /opsgenie:\n      headers:\n        Authorization: GenieKey ${OPSGENIE_KEY}\n        DD-APPLICATION-KEY: ${DD_APP_KEY}\n"),
	plant("infra/variables.tf", "variable \"db_password\" {\n  type = string\n}\nlocals {\n  password = var.db_password\n  token = data.vault_generic_secret.portal.data[\"token\"]\n}\n"),
	plant("Makefile", "login:\n\taws ecr get-login-password | docker login --username AWS --password-stdin 123456789012.dkr.ecr.eu-west-1.amazonaws.com\n"),
	plant("ci/azure-pipelines.yml", "  - task: AzureKeyVault@2\n    inputs: { secretsFilter: 'db-password-01,github-token-02' }\n"),
	plant("docs/login.md", "Run `docker login -u you -p abc123DEF456 registry` once.\n"),
}
