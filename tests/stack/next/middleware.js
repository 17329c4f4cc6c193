import { NextResponse } from 'next/server'

// As Next.js' guides to internationalisation and to authentication have it.
export function middleware(request) {
  const { pathname } = request.nextUrl
  if (/^\/(en|de)(\/|$)/.test(pathname) || pathname === '/login') return NextResponse.next()
  const url = request.nextUrl.clone()
  url.pathname = pathname === '/admin' ? '/login' : `/en${pathname}`
  const response = NextResponse.redirect(url)
  response.cookies.set('NEXT_LOCALE', 'en')
  return response
}

export const config = { matcher: ['/((?!_next).*)'] }
