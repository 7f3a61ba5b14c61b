/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-routes.h"

G_BEGIN_DECLS

/* Whom a request is addressed to, and who asks. */
typedef enum
{
  ISMB_PLACE_DOMAIN = 1 << 0,
  ISMB_PLACE_OWN = 1 << 1,      /* the asker's own account */
  ISMB_PLACE_FRIEND = 1 << 2,   /* an account that shares its presence with the asker */
  ISMB_PLACE_STRANGER = 1 << 3, /* any other name, whether or not there is such an account */
} IsmbPlace;

/* A request that the listener itself answers. */
typedef struct
{
  IsmbFrame *frame;
  IsmbNode *payload;
  IsmbPlace place;
  IsmbPart account;             /* empty at the domain */
} IsmbQuestion;

/* In the place of an error's condition: the answer is out, or will be. */
#define ISMB_QUESTION_ANSWERED "(answered)"

G_END_DECLS
