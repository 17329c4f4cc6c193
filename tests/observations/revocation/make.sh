#!/bin/sh
# Makes the certificates, stapled responses and lists beside it anew. The keys stay in a temporary folder, which goes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"

# A list of signed certificate timestamps (RFC 6962 §3.3), one for each log named by two hexadecimal digits.
timestamps() {
    list=
    for log in "$@"; do
        id=$(printf "$log%.0s" $(seq 32))
        list="${list}0037""00${id}0000019b00000000""0000""0403""0008""0102030405060708"
    done
    length=$((${#list} / 2))
    printf '04%02x%04x%s' $((length + 2)) "$length" "$list"
}

cat > ca.cnf <<CNF
[ca]
default_ca = any
[any]
database = index.txt
new_certs_dir = .
rand_serial = yes
policy = all
unique_subject = no
crlnumber = crlnumber
default_md = sha256
crl_extensions = crl
[all]
commonName = supplied
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical,CA:TRUE
subjectKeyIdentifier = hash
keyUsage = critical,keyCertSign,cRLSign
[leaf]
subjectAltName = DNS:app.example.com
extendedKeyUsage = serverAuth
crlDistributionPoints = URI:http://crl.example.com/root.crl
[strict]
subjectAltName = DNS:app.example.com
extendedKeyUsage = serverAuth
tlsfeature = status_request
[logged]
subjectAltName = DNS:app.example.com
1.3.6.1.4.1.11129.2.4.2 = DER:$(timestamps aa bb)
[logged-once]
subjectAltName = DNS:app.example.com
1.3.6.1.4.1.11129.2.4.2 = DER:$(timestamps aa)
[responder]
extendedKeyUsage = OCSPSigning
[crl]
authorityKeyIdentifier = keyid
[scoped]
authorityKeyIdentifier = keyid
issuingDistributionPoint = critical,@scope
[scope]
fullname = URI:http://crl.example.com/root.crl
onlyuser = TRUE
[elsewhere]
authorityKeyIdentifier = keyid
issuingDistributionPoint = critical,@other
[other]
fullname = URI:http://crl.example.com/other.crl
CNF
: > index.txt
echo 01 > crlnumber

# sign NAME SUBJECT SIGNER EXTENSIONS
sign() {
    openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"
    openssl req -config ca.cnf -new -key "$1.key" -subj "/CN=$2" -out "$1.csr"
    if [ "$3" = itself ]; then by="-selfsign -keyfile $1.key"; else by="-cert $3.pem -keyfile $3.key"; fi
    openssl ca -config ca.cnf -batch -notext -in "$1.csr" $by -extensions "$4" \
        -startdate 20260101000000Z -enddate 21260101000000Z -out "$1.pem"
}

# list NAME EXTENSIONS END
list() {
    openssl ca -config ca.cnf -gencrl -cert root.pem -keyfile root.key -crlexts "$2" \
        -crl_lastupdate 20260101000000Z -crl_nextupdate "$3" -out list.pem
    openssl crl -in list.pem -outform DER -out "$here/$1.crl"
}

# staple NAME CERTIFICATE SIGNER MORE
staple() {
    openssl ocsp -index index.txt -CA root.pem -issuer root.pem -cert "$2.pem" -no_nonce -noverify \
        -rsigner "$3.pem" -rkey "$3.key" -reqout request
    openssl ocsp -index index.txt -CA root.pem -reqin request -rsigner "$3.pem" -rkey "$3.key" $4 \
        -respout "$here/$1.ocsp"
}

sign root "test root" itself root
sign leaf app.example.com root leaf
sign strict app.example.com root strict
sign logged app.example.com root logged
sign logged-once app.example.com root logged-once
sign responder "test responder" root responder
sign stranger "test stranger" itself root

list empty crl 21260101000000Z
list ended crl 20260102000000Z
list scoped scoped 21260101000000Z
list elsewhere elsewhere 21260101000000Z
staple good leaf root "-ndays 36500"
staple delegated leaf responder "-ndays 36500"
staple forged leaf stranger "-ndays 36500"
staple ended leaf root "-nmin 1"
staple strict strict root "-ndays 36500"
openssl ca -config ca.cnf -cert root.pem -keyfile root.key -revoke leaf.pem -crl_reason keyCompromise
staple revoked leaf root "-ndays 36500"
list revoked crl 21260101000000Z

for name in root leaf strict logged logged-once; do cp "$name.pem" "$here/"; done
