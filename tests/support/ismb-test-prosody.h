/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tests/support/ismb-test-server.h"

G_BEGIN_DECLS

/* Prosody alone, for tests that want no other. */
typedef IsmbTestServer IsmbTestProsody;

#define ismb_test_prosody_new(domain, accounts)                                                    \
  ismb_test_server_new (ISMB_TEST_PROSODY, domain, accounts)
#define ismb_test_prosody_free ismb_test_server_free
#define ismb_test_prosody_get_port ismb_test_server_get_port
#define ismb_test_prosody_get_folder ismb_test_server_get_folder
#define ismb_test_prosody_get_ca_file ismb_test_server_get_ca_file
#define ismb_test_prosody_get_wrong_ca_file ismb_test_server_get_wrong_ca_file

G_END_DECLS
