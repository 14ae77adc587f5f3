#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# make-certificates.sh FOLDER
#
# Makes authorities and certificates of every kind for the tests of TLS: NAME.pem
# is a certificate, NAME.key its key, crls the folder with the lists of revoked
# ones.

set -eu
cd "$1"

cat >config <<'END'
[ca]
default_ca = test
[test]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
default_days = 2
default_crl_days = 2
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
[server]
subjectAltName = DNS:server.example,DNS:*.wild.example,IP:127.0.0.1
extendedKeyUsage = serverAuth
[other-server]
subjectAltName = DNS:other.example
extendedKeyUsage = serverAuth
[client]
subjectAltName = DNS:client.example
extendedKeyUsage = clientAuth
[req]
distinguished_name = name
[name]
END

touch index

request () {
  openssl req -config config -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout "$1.key" -out "$1.csr" -subj "/CN=$2"
}

# sign AUTHORITY NAME EXTENSIONS OPTION…
sign () {
  authority=$1 name=$2 extensions=$3
  shift 3
  openssl ca -batch -config config -notext -cert "$authority.pem" -keyfile "$authority.key" \
    -name test -extensions "$extensions" -in "$name.csr" -out "$name.pem" "$@"
}

for authority in authority foreign; do
  request "$authority" "The $authority"
  openssl x509 -req -days 2 -in "$authority.csr" -signkey "$authority.key" -out "$authority.pem" \
    -extfile config -extensions authority
done

request server server.example
sign authority server server
request server2 server.example
sign authority server2 server
request foreign-server server.example
sign foreign foreign-server server
request other-server other.example
sign authority other-server other-server
request expired server.example
sign authority expired server -startdate 20200101000000Z -enddate 20200201000000Z
request future server.example
sign authority future server -startdate 20990101000000Z -enddate 20990201000000Z
request self server.example
openssl x509 -req -days 2 -in self.csr -signkey self.key -out self.pem -extfile config -extensions server
request client client.example
sign authority client client
request foreign-client client.example
sign foreign foreign-client client
request revoked server.example
sign authority revoked server
request revoked-client client.example
sign authority revoked-client client

# An authority in the middle, and a chain through it.
request middle 'The middle'
sign authority middle authority
request leaf server.example
sign middle leaf server
cat leaf.pem middle.pem >chain.pem

# With a password.
openssl pkey -in server.key -aes128 -passout pass:secret -out encrypted.key

mkdir crls empty unhashed
for name in revoked revoked-client; do
  openssl ca -batch -config config -cert authority.pem -keyfile authority.key -revoke "$name.pem"
done
openssl ca -batch -config config -cert authority.pem -keyfile authority.key -gencrl -out unhashed/list.pem
cp unhashed/list.pem "crls/$(openssl crl -in unhashed/list.pem -hash -noout).r0"
