/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* For users of the library; our own files include what they need by name. */
#include <ismb/client/ismb-authorize.h>
#include <ismb/client/ismb-client.h>
#include <ismb/client/ismb-matcher.h>
#include <ismb/client/ismb-plugin.h>
#include <ismb/client/ismb-roster-item.h>
#include <ismb/client/ismb-roster-resource.h>
#include <ismb/client/ismb-roster.h>
#include <ismb/core/ismb-element.h>
#include <ismb/core/ismb-error.h>
#include <ismb/core/ismb-failure.h>
#include <ismb/core/ismb-iq.h>
#include <ismb/core/ismb-jid.h>
#include <ismb/core/ismb-log-level.h>
#include <ismb/core/ismb-log.h>
#include <ismb/core/ismb-message.h>
#include <ismb/core/ismb-payload.h>
#include <ismb/core/ismb-peer.h>
#include <ismb/core/ismb-presence.h>
#include <ismb/core/ismb-stanza-error.h>
#include <ismb/core/ismb-stanza.h>
#include <ismb/core/ismb-trace-entry.h>
#include <ismb/core/ismb-trace.h>
#include <ismb/listener/ismb-listener.h>
#include <ismb/plugins/ismb-disco.h>
#include <ismb/plugins/ismb-ping.h>
#include <ismb/plugins/ismb-software-version.h>
#include <ismb/transfer/ismb-transfer-outcome.h>
#include <ismb/transfer/ismb-transfer.h>
