#!/bin/sh
# Makes the certificates beside it anew. The keys stay in a temporary folder, which goes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"

cat > ca.cnf <<'CNF'
[ca]
default_ca = any
[any]
database = index.txt
new_certs_dir = .
rand_serial = yes
policy = all
unique_subject = no
[all]
commonName = supplied
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical,CA:TRUE
[leaf]
subjectAltName = DNS:app.example.com
extendedKeyUsage = serverAuth
CNF

# sign NAME SUBJECT KEY-ALGORITHM KEY-OPTION SIGNER HASH EXTENSIONS
sign() {
    : > index.txt
    openssl genpkey -quiet -algorithm "$3" -pkeyopt "$4" -out "$1.key"
    openssl req -config ca.cnf -new -key "$1.key" -subj "/CN=$2" -out "$1.csr"
    if [ "$5" = itself ]; then by="-selfsign -keyfile $1.key"; else by="-cert $5.pem -keyfile $5.key"; fi
    openssl ca -config ca.cnf -batch -notext -in "$1.csr" $by -md "$6" ${7:+-extensions "$7"} \
        -startdate 20260101000000Z -enddate 21260101000000Z -out "$1.pem"
    cp "$1.pem" "$here/"
}

sign root-2048 "test root 2048" RSA rsa_keygen_bits:2048 itself sha256 root
sign root-1024 "test root 1024" RSA rsa_keygen_bits:1024 itself sha256 root
sign leaf-by-1024 app.example.com EC ec_paramgen_curve:P-256 root-1024 sha256 leaf
sign leaf-1024 app.example.com RSA rsa_keygen_bits:1024 root-2048 sha256 leaf
sign leaf-sha1 app.example.com RSA rsa_keygen_bits:2048 root-2048 sha1 leaf
sign leaf-v1 app.example.com EC ec_paramgen_curve:P-256 root-2048 sha256 ""
